// Does to a running guest what a trial says, by qemu's control socket or inside, and hears what an agent in it says.

import type { News, Trial, TrialStep } from './boards/types.ts'
import type { Guest } from './guest/guest.ts'
import { parseNews, type ToldNews } from './news.ts'
import { judge, type Verdict } from './verdicts.ts'

/** Emulated, a kernel takes its time to let a device go. */
const waitTimeoutMs = 60_000

/** An agent looks at everything within 90 s, and asks tools for it; some conditions take two looks. */
const newsTimeoutMs = 240_000
const waitPollMs = 500

/** In the guest: what the agent says, and the document before all trials. */
export const agentLog = '/run/agent.log'
const agentPid = '/run/agent.pid'
export const firstDocument = '/run/first.json'

/** An agent in the guest, without a master: that is not needed for watching. It ends with the guest. */
export class WatchingAgent {
  readonly #guest: Guest

  private constructor(guest: Guest) {
    this.#guest = guest
  }

  static async start(guest: Guest): Promise<WatchingAgent> {
    const agent = new WatchingAgent(guest)
    await agent.#start()
    return agent
  }

  /** Ends it and starts it again, with what it kept. */
  async restart(): Promise<void> {
    await this.#guest.check(`kill $(cat ${agentPid})`)
    await waitFor(this.#guest, `! [ -e /proc/$(cat ${agentPid}) ]`)
    await this.#start()
  }

  async #start(): Promise<void> {
    const before = await this.#guest.run(`wc -c <${agentLog}`)
    const said = before.status === 0 ? Number(before.stdout) : 0
    await this.#guest.check(`tepui agent --work-dir /run/agent >>${agentLog} 2>&1 & echo $! >${agentPid}`)
    await waitFor(this.#guest, `tail -c +${said + 1} ${agentLog} | grep -q process.starting`)
  }

  /** Bytes of its log, to tell news from what was said before. */
  async said(): Promise<number> {
    return Number(await this.#guest.check(`wc -c <${agentLog}`))
  }

  async newsSince(said: number): Promise<readonly ToldNews[]> {
    return parseNews(await this.#guest.check(`tail -c +${said + 1} ${agentLog}`))
  }
}

/** Returns once the agent has told the news, or time is up. */
export async function runTrial(guest: Guest, agent: WatchingAgent, trial: Trial): Promise<readonly Verdict[]> {
  const saidBefore = await agent.said()
  for (const step of trial.steps) await act(guest, agent, step)
  const deadline = performance.now() + newsTimeoutMs
  let news = await agent.newsSince(saidBefore)
  while (!trial.news.every((one) => isTold(one, news)) && performance.now() < deadline) {
    await pause()
    news = await agent.newsSince(saidBefore)
  }
  const verdicts = trial.news.map((one) => judgeNews(trial, one, news))
  const words = trial.difference
  if (words === undefined) return verdicts
  const lines = (await guest.check(`tepui probe --diff ${firstDocument}`)).trim().split('\n')
  const line = lines.find((one) => words.every((word) => one.includes(word)))
  const told = words.join(' … ')
  return [...verdicts, judge(`${trial.name}: probe --diff`, told, line === undefined ? lines : told)]
}

async function act(guest: Guest, agent: WatchingAgent, step: TrialStep): Promise<void> {
  switch (step.kind) {
    case 'qmp':
      await guest.qmp.ask(step.command, step.arguments)
      return
    case 'guest':
      await guest.check(step.command)
      return
    case 'wait':
      return await waitFor(guest, step.condition)
    case 'restart':
      return await agent.restart()
  }
}

function isTold({ event, words }: News, news: readonly ToldNews[]): boolean {
  return news.some((one) => one.event === event && words.every((word) => one.what.includes(word)))
}

function judgeNews(trial: Trial, one: News, news: readonly ToldNews[]): Verdict {
  const told = `${one.event}: ${one.words.join(' … ')}`
  const found = isTold(one, news) ? told : news.map(({ event, what }) => `${event}: ${what}`)
  return judge(`${trial.name}: the agent`, told, found)
}

async function waitFor(guest: Guest, condition: string): Promise<void> {
  const deadline = performance.now() + waitTimeoutMs
  while ((await guest.run(condition)).status !== 0) {
    if (performance.now() > deadline) throw new Error(`not within ${waitTimeoutMs} ms in the guest: ${condition}`)
    await pause()
  }
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, waitPollMs))
}
