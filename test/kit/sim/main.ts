// Tells one story again and prints what happened: node test/kit/sim/main.ts STORY SEED [calm]
import { rmSync } from 'node:fs'
import process from 'node:process'
import { BY_DICE, tellStory } from './run.ts'
import { makeTemplate } from './site.ts'
import { STORIES } from './stories.ts'

const [name = 'three', seed = '0', calm] = process.argv.slice(2)
const story = STORIES[name]
if (story === undefined) throw new Error(`stories: ${Object.keys(STORIES).join(', ')}`)
const template = await makeTemplate()
const began = performance.now()
const told = await tellStory({ template, story, seed: Number(seed), ...(calm === undefined ? { disturb: BY_DICE } : {}) })
rmSync(template, { recursive: true })
process.stdout.write(`${told.trace.join('\n')}\nasked: ${JSON.stringify(told.asked, null, 1)}\n${told.faults.length === 0 ? 'as it should be' : `NOT AS IT SHOULD BE: ${told.faults.join('; ')}`}\n`)
process.stdout.write(`${String(told.seconds)} s, told in ${String(Math.round(performance.now() - began))} ms\n`)
process.exitCode = told.faults.length === 0 ? 0 : 1
