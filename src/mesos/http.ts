// What HTTP headers mean to both APIs (Mesos src/master/http.cpp, 3rdparty/libprocess/src/http.cpp): which encoding a
// body has, which one the answer gets, whose credentials were shown, whether a page of another site is behind a
// request. It does not know endpoints or tokens.

import type { ContentType } from './codec.ts'

/** JSON is tried first, as Mesos does. */
const contentTypes: readonly ContentType[] = ['application/json', 'application/x-protobuf']

/**
 * The encoding a `Content-Type` header names, or null when it is none of ours.
 * Mesos compares exactly; parameters such as `; charset=utf-8` and upper case are accepted here.
 */
export function requestContentType(header: string | undefined): ContentType | null {
  const name = (header ?? '').split(';', 1)[0]?.trim().toLowerCase()
  return contentTypes.find((type) => type === name) ?? null
}

/** The encoding of the answer to a request with this `Accept` header, or null when it allows none of ours. */
export function acceptedContentType(header: string | undefined): ContentType | null {
  if (header === undefined || header.trim() === '') return 'application/json'
  const ranges = header.split(',').map(parseRange)
  return contentTypes.find((type) => isAccepted(type, ranges)) ?? null
}

type MediaRange = { readonly name: string; readonly isExcluded: boolean }

function parseRange(text: string): MediaRange {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  return { name, isExcluded: parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter)) }
}

/** The most specific range that matches decides. */
function isAccepted(type: ContentType, ranges: readonly MediaRange[]): boolean {
  for (const name of [type, 'application/*', '*/*']) {
    const matching = ranges.filter((range) => range.name === name)
    if (matching.length > 0) return !matching.some((range) => range.isExcluded)
  }
  return false
}

/** What an `Authorization` header shows: a secret and, for Basic, who says it. */
export type Credentials = { readonly secret: string; readonly principal: string | null }

/** Reads `Bearer SECRET` and `Basic base64(principal:secret)`; null for anything else. */
export function credentials(header: string | undefined): Credentials | null {
  const [, scheme, value] = /^([A-Za-z]+) +([!-~]+)$/.exec((header ?? '').trim()) ?? []
  if (scheme === undefined || value === undefined) return null
  if (scheme.toLowerCase() === 'bearer') return { secret: value, principal: null }
  if (scheme.toLowerCase() !== 'basic') return null
  const text = fromBase64(value)
  const colon = text?.indexOf(':') ?? -1
  if (text === null || colon === -1) return null
  const principal = text.slice(0, colon)
  return { secret: text.slice(colon + 1), principal: principal === '' ? null : principal }
}

/** What a browser says of the page for which it asks; header names as Node gives them. */
export type PageHeaders = {
  readonly origin?: string | undefined
  readonly host?: string | undefined
  readonly 'sec-fetch-site'?: string | string[] | undefined
  readonly 'sec-fetch-mode'?: string | string[] | undefined
}

/**
 * Whether a browser sends this for a page that is not ours. Browsers put the page's origin on everything that changes
 * something, and say of scripts (`?jsonp=`) that another site wants them; other clients do neither. `isOpen`: nobody is
 * asked for a token, so only names of this machine count as ours; any other may be a stranger's that was pointed at us
 * (DNS rebinding).
 */
export function isForeignPage(headers: PageHeaders, isOpen: boolean): boolean {
  const { origin, host } = headers
  if (isOpen && host !== undefined && !isOwnName(`http://${host}`)) return true
  if (origin !== undefined) {
    const page = URL.canParse(origin) ? new URL(origin) : null
    return page === null || page.host !== host?.toLowerCase()
  }
  const site = headers['sec-fetch-site'] ?? 'none'
  return site !== 'none' && site !== 'same-origin' && headers['sec-fetch-mode'] !== 'navigate'
}

function isOwnName(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)
}

function fromBase64(value: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(value), (char) => char.charCodeAt(0))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
