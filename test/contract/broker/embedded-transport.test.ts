// The embedded broker keeps the promises of a transport.

import { createBroker } from '../../../src/master/broker/broker.ts'
import { transportContract } from './transport-contract.ts'

transportContract('the embedded broker', async (events) => {
  const created = await createBroker({ host: '127.0.0.1', port: 0, token: null, events, log: () => {} })
  if (!created.ok) throw new Error(created.fault.message)
  return created.value
})
