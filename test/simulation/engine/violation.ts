// A promise of the system that was seen broken. Thrown by checkers, caught by whoever runs the simulation.

export class Violation extends Error {
  readonly checker: string
  readonly details: Readonly<Record<string, unknown>>

  constructor(checker: string, claim: string, details: Readonly<Record<string, unknown>> = {}) {
    super(`${checker}: ${claim} ${JSON.stringify(details)}`)
    this.name = 'Violation'
    this.checker = checker
    this.details = details
  }
}
