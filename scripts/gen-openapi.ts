// openapi/openapi.json: the coordinator's REST API, from the schemas that validate it.
import { startTestCoordinator } from '@drover/test/kit/coordinator/coordinator.ts'
import { writeGenerated } from './generated.ts'

const coordinator = await startTestCoordinator()
writeGenerated('openapi/openapi.json', `${JSON.stringify(coordinator.app.swagger(), null, 2)}\n`, 'scripts/gen-openapi.ts')
await coordinator.remove()
