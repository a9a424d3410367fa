import fc from 'fast-check'
import { expect, it } from 'vitest'
import { branch, drawTree, type TreeNode } from '../../../src/cli/tree.ts'

const plain = { width: 40, color: false }

it('children hang on branches, and long texts go on below them', () => {
  const tree = branch('top', 'a text that is longer than the line has room', [
    branch('one', 'x', [branch('below', 'y')]),
    branch('two', ''),
  ])
  expect(drawTree(tree, plain)).toBe(
    ['top: a text that is longer than the line', '│  has room', '├─ one: x', '│  └─ below: y', '└─ two', ''].join('\n'),
  )
})

it('a long list of CPUs breaks after a comma', () => {
  const list = Array.from({ length: 20 }, (_, i) => i * 2).join(',')
  const lines = drawTree(branch('cores', list), plain).trimEnd().split('\n')
  expect(lines.every((line) => line.length <= 40)).toBe(true)
  expect(lines.slice(1, -1).every((line) => line.endsWith(','))).toBe(true)
})

it('what a device calls itself cannot steer the terminal', () => {
  const drawn = drawTree(branch('disk', 'evil\u001b[2J\r\nname\u202e'), plain)
  expect(drawn).toBe('disk: evil?[2J??name?\n')
})

it('colours change no letter', () => {
  const tree = branch('top', 'text', [branch('problems', '', [branch('a', 'b')], 'warning')])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is looked for.
  expect(drawTree(tree, { width: 80, color: true }).replace(/\u001b\[[0-9;]*m/g, '')).toBe(
    drawTree(tree, { width: 80, color: false }),
  )
})

it('no line is wider than the terminal, whatever is drawn', () => {
  const text = fc.oneof(fc.string({ maxLength: 120 }), fc.array(fc.nat(999), { maxLength: 60 }).map(String))
  const node = (children: readonly fc.Arbitrary<TreeNode>[]): fc.Arbitrary<TreeNode> =>
    fc.tuple(text, text, ...children).map(([label, words, ...below]) => branch(label, words, below))
  const leaf = node([])
  const tree = [leaf, leaf, leaf, leaf].reduce((below, other) => node([below, other]), leaf)
  fc.assert(
    fc.property(tree, fc.integer({ min: 60, max: 120 }), (top, width) =>
      drawTree(top, { width, color: false })
        .split('\n')
        .every((line) => [...line].length <= width),
    ),
  )
})
