// Runs in network and mount namespaces of its own: makes them a host with a firewall and a schedule, measures the agent there and prints the rows as JSON.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DROVER, EXAMPLE_RULESET, FIREWALL } from '@drover/protocol'
import { whole } from '../../packages/agent/src/core/firewall/commands.ts'
import { transaction } from '../../packages/agent/src/core/firewall/nft.ts'
import { measureAgents } from '../agent-at-rest.ts'

const run = (line: string): void => {
  const [file = '', ...args] = line.split(' ')
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}
const put = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { mode: 0o600 })
}

run('ip link set lo up')
run('mount --make-rprivate /')
const layer = mkdtempSync('/tmp/drover-bench-')
run(`mount -t tmpfs tmpfs ${layer}`)
for (const name of ['etc', 'var']) {
  mkdirSync(`${layer}/${name}/upper`, { recursive: true })
  mkdirSync(`${layer}/${name}/work`)
  const lower = name === 'etc' ? '/etc' : '/var/lib'
  run(`mount -t overlay overlay -o lowerdir=${lower},upperdir=${layer}/${name}/upper,workdir=${layer}/${name}/work ${lower}`)
}

// Here nothing else is to be read from: what a host with a running systemd answers at once.
run('mount --bind /bin/true /usr/bin/systemctl')
put(FIREWALL.active, transaction(whole(EXAMPLE_RULESET)))
run(`nft -j -f ${FIREWALL.active}`)
const schedule = { name: 'snapshot', cron: '0 */6 * * *', timeZone: 'UTC', jitterS: 300, kind: 'snapshot.take', params: { datastore: 'sqlite' }, keep: 8 }
put(DROVER.schedules, JSON.stringify({ version: 1, cluster: 'home', since: Date.now(), schedules: [schedule] }))
process.stdout.write(JSON.stringify(await measureAgents('with a firewall and a schedule')))
