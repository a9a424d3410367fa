// What may be an id.

import { expect, test } from 'vitest'
import { idError, idLengthMax } from '../../../src/model/ids.ts'

test.each(['a', 'a.b', '...', 'a b', 'größe', '日本', 'x'.repeat(idLengthMax), 'ct:1:2:job', '-'])(
  '%.20j is an id',
  (id) => {
    expect(idError(id)).toBeNull()
  },
)

test.each(['', '.', '..', 'a/b', 'a\\b', 'a\n', '\0', 'a\u007f', 'x'.repeat(idLengthMax + 1)])(
  '%.20j is not an id',
  (id) => {
    expect(idError(id)).toEqual(expect.any(String))
  },
)
