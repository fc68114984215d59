/**
 * Runs one program and never outlives its parent: `node guard.js PROGRAM ARG…` with a socket to the parent as fd 3.
 * When that socket closes (the parent ended, even by kill -9) the program and its children are told to end, and
 * 5 s later made to. Writes the program's pid to the socket; ends with the program's exit code.
 */
import { spawn } from 'node:child_process'
import { Socket } from 'node:net'

const GRACE_MS = 5000
const [program, ...args] = process.argv.slice(2)

// A process group of its own: Ctrl-C in the terminal reaches the parent alone, which decides in which order to stop.
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
const parent = new Socket({ fd: 3 })

function tell(signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Already gone.
  }
}

function end() {
  tell('SIGTERM')
  setTimeout(() => tell('SIGKILL'), GRACE_MS).unref()
}

child.once('spawn', () => parent.write(`${child.pid}\n`))
child.once('error', (error) => {
  process.stderr.write(`${program}: ${error.message}\n`)
  process.exit(127)
})
child.once('exit', (code, signal) => {
  // Children that the program left behind go with it.
  tell('SIGKILL')
  process.exit(code ?? (signal === 'SIGTERM' ? 143 : 1))
})
parent.on('error', end).on('close', end).resume()
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end)
