// Runs on a lab host: prints the fact `etcd` of that host as one line of JSON.
import { createRealHost, FACT_READERS } from '@drover/agent'

process.stdout.write(`${JSON.stringify(await FACT_READERS.etcd(createRealHost()))}\n`)
