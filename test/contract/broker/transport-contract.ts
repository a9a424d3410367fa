// What every transport between the master and its agents promises, whatever carries it: run with each implementation
// from its own test file. Agents are real ones: the agent's link.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLink } from '../../../src/agent/link/link.ts'
import type { Link } from '../../../src/agent/link/types.ts'
import type { Transport, TransportEvents } from '../../../src/master/broker/types.ts'
import type { AgentUid, SessionId } from '../../../src/model/ids.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { Channel } from '../../../src/wire/channel.ts'
import type { DownFrame, DownMessage, UpFrame, UpMessage } from '../../../src/wire/messages.ts'
import { until } from '../../support/until.ts'
import { aHeartbeat, anEcho, aSession, aStatus, aUid } from '../../support/wire.ts'

export type StartTransport = (events: TransportEvents) => Promise<Transport>

type Agent = {
  readonly link: Link
  readonly ups: SessionId[]
  readonly downs: number[]
  readonly frames: DownFrame[]
}

/** Describes the promises; `start` gives a fresh transport on a port of its own. */
export function transportContract(name: string, start: StartTransport): void {
  describe(`the transport by ${name}`, () => {
    let transport: Transport
    const agents: Agent[] = []
    const frames: { readonly uid: AgentUid; readonly frame: UpFrame }[] = []
    const disconnected: AgentUid[] = []

    beforeEach(async () => {
      transport = await start({
        frame: (uid, frame) => frames.push({ uid, frame }),
        disconnected: (uid) => disconnected.push(uid),
      })
    })

    afterEach(async () => {
      await Promise.all(agents.map(({ link }) => link.close()))
      await transport.close()
      agents.length = frames.length = disconnected.length = 0
    })

    async function anAgent(n: number): Promise<Agent> {
      const agent = anAgentOf(transport, n)
      agents.push(agent)
      await until('the agent is up', () => agent.ups.length === 1)
      return agent
    }

    test('a frame of an agent reaches the master under its uid, and one to it reaches it alone', async () => {
      const [one, two] = [await anAgent(1), await anAgent(2)]
      one.link.send(aHeartbeat(one.ups[0] as SessionId, { ack: 5 }))
      await until('the frame came', () => frames.length === 1)
      expect(frames).toEqual([{ uid: aUid(1), frame: aHeartbeat(one.ups[0] as SessionId, { ack: 5 }) }])
      expect(transport.send(aUid(1), anEcho(aSession(1)))).toBe(true)
      await until('the answer came', () => one.frames.length === 1)
      expect([one.frames, two.frames]).toEqual([[anEcho(aSession(1))], []])
    })

    test('frames keep their order in both directions', async () => {
      const agent = await anAgent(1)
      const wanted = Array.from({ length: 300 }, (_, i) => i)
      for (const ack of wanted) {
        agent.link.send(aHeartbeat(aSession(1), { ack }))
        transport.send(aUid(1), anEcho(aSession(1), { ack }))
      }
      await until('all came', () => frames.length === 300 && agent.frames.length === 300)
      expect(frames.map(({ frame }) => frame.ack)).toEqual(wanted)
      expect(agent.frames.map(({ ack }) => ack)).toEqual(wanted)
    })

    test('to an agent that is not there nothing is sent, and that is said', () => {
      expect(transport.send(aUid(9), anEcho(aSession(9)))).toBe(false)
      expect(() => transport.disconnect(aUid(9))).not.toThrow()
    })

    test('an agent that leaves is reported once, and can be sent no more', async () => {
      const agent = await anAgent(1)
      await agent.link.close()
      await until('it is reported', () => disconnected.length > 0)
      expect(transport.send(aUid(1), anEcho(aSession(1)))).toBe(false)
      expect(disconnected).toEqual([aUid(1)])
    })

    test('a second connection of one uid takes over, and the agent is not reported as gone', async () => {
      const first = await anAgent(1)
      const second = await anAgent(1)
      await until('the first has ended', () => first.downs.length === 1)
      await first.link.close()
      expect(transport.send(aUid(1), anEcho(aSession(1)))).toBe(true)
      await until('the second has it', () => second.frames.length === 1)
      expect([first.frames, disconnected]).toEqual([[], []])
    })

    test('an agent that is cut off gets what was sent before, and comes back with another session', async () => {
      const agent = await anAgent(1)
      const refused = { kind: 'refused', message: 'not now', shutdown: false } as const
      expect(transport.send(aUid(1), anEcho(aSession(1), { message: refused }))).toBe(true)
      transport.disconnect(aUid(1))
      expect(transport.send(aUid(1), anEcho(aSession(1)))).toBe(false)
      await until('it is back', () => agent.ups.length === 2)
      expect(agent.frames).toEqual([anEcho(aSession(1), { message: refused })])
      expect(disconnected).toEqual([aUid(1)])
      expect(new Set(agent.ups).size).toBe(2)
    })

    test('a frame that is too large for the agent is not sent, and the agent stays', async () => {
      const agent = await anAgent(1)
      const message = { kind: 'refused', message: 'x'.repeat(2_000_000), shutdown: false } as const
      expect(transport.send(aUid(1), anEcho(aSession(1), { message }))).toBe(false)
      expect(transport.send(aUid(1), anEcho(aSession(1)))).toBe(true)
      await until('the small one came', () => agent.frames.length === 1)
      expect(agent.downs).toEqual([])
    })

    test('two channels over it deliver everything once and in order, though both sides drop every third frame', async () => {
      const agent = await anAgent(1)
      const session = agent.ups[0] as SessionId
      const options = { session, epoch: 1, repeatBaseMs: 20, repeatMaxMs: 40 }
      const up = new Channel<UpMessage, DownMessage>(options)
      const down = new Channel<DownMessage, UpMessage>(options)
      const got: { up: string[]; down: string[] } = { up: [], down: [] }
      const sendUp = (some: readonly UpFrame[]) => {
        for (const frame of some) agent.link.send(frame)
      }
      const sendDown = (some: readonly DownFrame[]) => {
        for (const frame of some) transport.send(aUid(1), frame)
      }
      for (let i = 0; i < 100; i++) {
        const sentUp = up.send(anUpdate(i), performance.now())
        const sentDown = down.send(aKill(i), performance.now())
        if (sentUp.ok) sendUp(sentUp.value)
        if (sentDown.ok) sendDown(sentDown.value)
      }
      let [upSeen, downSeen] = [0, 0]
      await until('all came', () => {
        for (const { frame } of frames.splice(0)) {
          if (upSeen++ % 3 === 0) continue
          const { deliver, send } = down.receive(frame, performance.now())
          got.up.push(...deliver.map((message) => (message as { taskId: string }).taskId))
          sendDown(send)
        }
        for (const frame of agent.frames.splice(0)) {
          if (downSeen++ % 3 === 0) continue
          const { deliver, send } = up.receive(frame, performance.now())
          got.down.push(...deliver.map((message) => (message as { taskId: string }).taskId))
          sendUp(send)
        }
        sendUp(up.tick(performance.now()))
        sendDown(down.tick(performance.now()))
        return up.unackedCount === 0 && down.unackedCount === 0
      })
      const wanted = Array.from({ length: 100 }, (_, i) => `t${i}`)
      expect(got).toEqual({ up: wanted, down: wanted })
    })

    test('after it has closed nothing is reported, and closing again is no harm', async () => {
      await anAgent(1)
      await transport.close()
      await transport.close()
      expect(transport.send(aUid(1), anEcho(aSession(1)))).toBe(false)
      expect(disconnected).toEqual([])
    })
  })
}

function anAgentOf(transport: Transport, n: number): Agent {
  const uid = aUid(n)
  const agent: Omit<Agent, 'link'> = { ups: [], downs: [], frames: [] }
  const link = createLink({
    uid,
    masters: [transport.address],
    token: null,
    will: (session) => aStatus(uid, { session, online: false }),
    random: seededRandom(n),
    log: () => {},
    events: {
      up: (session) => agent.ups.push(session),
      down: () => agent.downs.push(1),
      frame: (frame) => agent.frames.push(frame),
    },
  })
  return { ...agent, link }
}

function anUpdate(i: number): UpMessage {
  return {
    kind: 'statusUpdate',
    frameworkId: 'f',
    taskId: `t${i}`,
    status: {},
    latestState: 'TASK_RUNNING',
  } as unknown as UpMessage
}

function aKill(i: number): DownMessage {
  return { kind: 'kill', frameworkId: 'f', taskId: `t${i}`, gracePeriodMs: null } as unknown as DownMessage
}
