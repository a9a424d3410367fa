import { expect, test } from 'vitest'
import { findInPasswd } from '../../../../src/agent/containers/users.ts'

test('a user is found by whole name, with numbers that are numbers', () => {
  const text = 'root:x:0:0::/root:/bin/sh\n+nis::::::\nbroken:x:y:z::\nweb:x:33:44:a,b:/:/bin/false\n'
  expect(findInPasswd(text, 'web')).toEqual({ uid: 33, gid: 44 })
  for (const name of ['we', 'broken', '', '+nis', 'x']) expect(findInPasswd(text, name)).toBeNull()
})
