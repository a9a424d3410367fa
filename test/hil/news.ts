// News of a machine out of an agent's log: what changed, and conditions that appeared and cleared. Pure.

export type ToldNews = { readonly event: string; readonly what: string }

const newsEvents = ['inventory.changed', 'health.appeared', 'health.cleared']

/** The log is JSON lines; the last may be half written, and what is no JSON is somebody else's. */
export function parseNews(text: string): readonly ToldNews[] {
  return text.split('\n').flatMap((line) => {
    const { event, what } = fieldsOf(line)
    return typeof event === 'string' && typeof what === 'string' && newsEvents.includes(event) ? [{ event, what }] : []
  })
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const fields: unknown = JSON.parse(line)
    return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
