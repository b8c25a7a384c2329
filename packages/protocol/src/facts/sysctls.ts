import { NO_SYSCTLS, SysctlsSchema } from '../k3s/kubelet-sysctls.ts'
import { defineFact } from './define-fact.ts'

/** The kernel values that `protect-kernel-defaults` is about. */
export const sysctlsFact = defineFact({ schema: SysctlsSchema, bare: NO_SYSCTLS })
