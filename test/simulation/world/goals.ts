// What a framework wants done, and how far it is: kept through every crash of its scheduler, as a good framework keeps
// it. It does not know how calls travel.

import type { TaskState } from '../../../src/mesos/types.ts'
import type { GoalPlan } from '../engine/plan.ts'
import type { WishPlan } from '../engine/wants.ts'

export type Attempt = {
  readonly taskId: string
  readonly goal: Goal
  readonly agentId: string
  readonly acceptedMs: number
  /** The newest state heard. */
  state: TaskState
  /** Ended by a status that was to be acknowledged. */
  isOver: boolean
  /** Given up: done again under another id; if it lives after all, it is killed. */
  isAbandoned: boolean
  isKilled: boolean
  /** It may be refused: it is of what an operation in the same answer was to make, or it wishes more than amounts. */
  isVenturous: boolean
}

export type Goal = {
  readonly plan: GoalPlan
  readonly name: string
  attempt: Attempt | null
  isDone: boolean
  attempts: number
  /** What it wishes of a machine; given up when it cannot be had. */
  wish: WishPlan | null
  errors: number
}

/** Of one goal; then it wishes nothing more. */
const errorsMax = 3

export class Goals {
  readonly all: readonly Goal[]
  readonly attempts = new Map<string, Attempt>()

  constructor(prefix: string, plans: readonly GoalPlan[]) {
    this.all = plans.map((plan, i) => ({
      plan,
      name: `${prefix}.g${i}`,
      attempt: null,
      isDone: false,
      attempts: 0,
      wish: plan.wish,
      errors: 0,
    }))
  }

  wanted(nowMs: number): readonly Goal[] {
    return this.all.filter((goal) => !goal.isDone && goal.attempt === null && goal.plan.fromMs <= nowMs)
  }

  get areDone(): boolean {
    return this.all.every((goal) => goal.isDone)
  }

  /** Tasks of which the last word has not been heard. */
  get open(): readonly Attempt[] {
    return [...this.attempts.values()].filter((attempt) => !attempt.isOver)
  }

  accept(goal: Goal, agentId: string, nowMs: number): Attempt {
    const taskId = `${goal.name}-${goal.attempts++}`
    const attempt: Attempt = {
      taskId,
      goal,
      agentId,
      acceptedMs: nowMs,
      state: 'TASK_STAGING',
      isOver: false,
      isAbandoned: false,
      isKilled: false,
      isVenturous: false,
    }
    this.attempts.set(taskId, attempt)
    goal.attempt = attempt
    return attempt
  }

  /** Takes a status; `isReliable` when it is to be acknowledged. */
  hear(attempt: Attempt, state: TaskState, isReliable: boolean): void {
    attempt.state = state
    const { goal } = attempt
    switch (state) {
      case 'TASK_FINISHED':
      case 'TASK_FAILED':
      case 'TASK_KILLED':
        if (isReliable) attempt.isOver = true
        if (goal.attempt === attempt) {
          goal.attempt = null
          goal.isDone = true
        }
        return
      case 'TASK_LOST':
      case 'TASK_DROPPED':
      case 'TASK_UNREACHABLE':
      case 'TASK_GONE':
      case 'TASK_GONE_BY_OPERATOR':
      case 'TASK_UNKNOWN':
      case 'TASK_ERROR':
        if (state === 'TASK_ERROR' && ++goal.errors >= errorsMax) goal.wish = null
        if (isReliable) attempt.isOver = true
        if (goal.attempt === attempt) {
          attempt.isAbandoned = true
          goal.attempt = null
        }
        return
      default:
        return
    }
  }
}
