import { describe, expect, test } from 'vitest'
import { acceptedContentType, credentials, requestContentType } from '../../../src/mesos/http.ts'

const json = 'application/json'
const protobuf = 'application/x-protobuf'

describe('the encoding of a request', () => {
  test.each([
    [json, json],
    [protobuf, protobuf],
    ['application/json; charset=utf-8', json],
    ['Application/JSON', json],
    ['text/plain', null],
    ['application/jsonp', null],
    ['', null],
    [undefined, null],
  ])('%s is %s', (header, expected) => {
    expect(requestContentType(header)).toBe(expected)
  })
})

describe('the encoding of an answer', () => {
  test.each([
    [undefined, json],
    ['', json],
    ['*/*', json],
    ['application/*', json],
    [json, json],
    [protobuf, protobuf],
    [`${protobuf}, ${json}`, json],
    [`${protobuf};q=1, ${json};q=0.1`, json],
    [`${json};q=0, */*`, protobuf],
    [`${json};q=0.0, ${protobuf}`, protobuf],
    [`*/*;q=0, ${protobuf}`, protobuf],
    ['application/*;q=0, */*', null],
    ['text/html', null],
    ['foo', null],
  ])('to Accept: %s is %s', (header, expected) => {
    expect(acceptedContentType(header)).toBe(expected)
  })
})

describe('credentials', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  test.each([
    ['Bearer s3cret', { secret: 's3cret', principal: null }],
    ['bearer s3cret', { secret: 's3cret', principal: null }],
    [basic('ops:s3cret'), { secret: 's3cret', principal: 'ops' }],
    [basic('ops:with:colons'), { secret: 'with:colons', principal: 'ops' }],
    [basic(':s3cret'), { secret: 's3cret', principal: null }],
    [basic('größe:schlüssel'), { secret: 'schlüssel', principal: 'größe' }],
    [basic('nocolon'), null],
    ['Basic !!!', null],
    ['Basic /w==', null],
    ['Digest x', null],
    ['Bearer', null],
    ['', null],
    [undefined, null],
  ])('%s', (header, expected) => {
    expect(credentials(header)).toEqual(expected)
  })
})
