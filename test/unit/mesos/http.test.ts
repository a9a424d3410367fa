import { describe, expect, test } from 'vitest'
import {
  acceptedContentType,
  credentials,
  isForeignPage,
  type PageHeaders,
  requestContentType,
} from '../../../src/mesos/http.ts'

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

describe('a page is foreign', () => {
  const script = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
  test.each<[string, PageHeaders, boolean, boolean]>([
    ['not when no browser sends', { host: '127.0.0.1:5050' }, true, false],
    ['not when no browser sends, by any name where a token is asked', { host: 'm1:5050' }, false, false],
    ['when a name of another machine was pointed at us', { host: 'evil.example:5050' }, true, true],
    ['when its script asks', { ...script, host: 'localhost:5050' }, true, true],
    ['when its script asks where a token is asked', { ...script, host: 'm1:5050' }, false, true],
    ['not when a person follows its link', { ...link, host: 'localhost:5050' }, true, false],
    ['not when our own page asks', { 'sec-fetch-site': 'same-origin', host: 'localhost:5050' }, true, false],
    ['not when it is ours', { origin: 'http://localhost:5050', host: 'localhost:5050' }, true, false],
    ['not when it is ours by address', { origin: 'http://[::1]:5050', host: '[::1]:5050' }, true, false],
    ['when it is of another site', { origin: 'http://evil.example', host: 'localhost:5050' }, true, true],
    ['when it is of another port', { origin: 'http://localhost:8080', host: 'localhost:5050' }, true, true],
    ['when its name was pointed at us', { origin: 'http://evil.example:5050', host: 'evil.example:5050' }, true, true],
    ['not by its name where a token is asked', { origin: 'http://m1:5050', host: 'm1:5050' }, false, false],
    ['when it hides where it is from', { origin: 'null', host: 'localhost:5050' }, false, true],
    ['when nothing says who we are', { origin: 'http://localhost:5050' }, true, true],
  ])('%s', (_name, headers, isOpen, expected) => {
    expect(isForeignPage(headers, isOpen)).toBe(expected)
  })
})
