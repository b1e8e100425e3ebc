// An aedes with TLS, one user and its password: node broker.mjs PORT CERT KEY USER, the password on standard input.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:tls'

const require = createRequire(`${process.cwd()}/`)
const Aedes = require('aedes')
const [port, cert, key, user] = process.argv.slice(2)
const password = readFileSync(0, 'utf8').trim()

const broker = new Aedes()
broker.authenticate = (client, name, given, done) => {
  const good = name === user && given?.toString() === password
  done(good ? null : Object.assign(new Error('refused'), { returnCode: 4 }), good)
}
createServer({ cert: readFileSync(cert), key: readFileSync(key), minVersion: 'TLSv1.2' }, broker.handle)
  .listen(Number(port), '127.0.0.1', () => console.log(`aedes ${require('aedes/package.json').version}`))
