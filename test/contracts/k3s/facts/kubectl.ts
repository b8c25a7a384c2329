import { expect } from 'vitest'
import type { Chapter, Fact } from '../site.ts'

const says = (name: string, words: string, wanted: { readonly code: number; readonly stdout?: RegExp; readonly stderr?: RegExp }): Fact => ({
  name,
  check: async ({ server }) => {
    const result = await server.sh(words)
    expect({ code: result.code, stderr: wanted.code === 0 ? result.stderr : '' }).toEqual({ code: wanted.code, stderr: '' })
    if (wanted.stdout !== undefined) expect(result.stdout).toMatch(wanted.stdout)
    if (wanted.stderr !== undefined) expect(result.stderr).toMatch(wanted.stderr)
  },
})

/** `kubectl` as it comes with the binary. */
export const kubectl: Chapter = {
  title: 'kubectl',
  facts: [
    says('k3s kubectl get nodes prints a table', 'k3s kubectl get nodes', { code: 0, stdout: /^NAME +STATUS +ROLES +AGE +VERSION\n\S+ +Ready +control-plane +\S+ +v1\.36\.2\+k3s1$/m }),
    says('the link named kubectl is kubectl', 'kubectl get nodes -o name', { code: 0, stdout: /^node\/\S+\n/ }),
    says('get nodes -o wide has the address', 'kubectl get nodes -o wide', { code: 0, stdout: /INTERNAL-IP +EXTERNAL-IP +OS-IMAGE +KERNEL-VERSION +CONTAINER-RUNTIME/ }),
    says('get nodes -o json is a List', "kubectl get nodes -o json | tr -d ' \\n'", { code: 0, stdout: /^\{"apiVersion":"v1","items":\[\{.*\],"kind":"List",/ }),
    says('what is not there: exit code 1', 'kubectl get node nosuch', { code: 1, stderr: /^Error from server \(NotFound\): nodes "nosuch" not found$/m }),
    says('draining what is not there: exit code 1', 'kubectl drain nosuch', { code: 1, stderr: /nodes "nosuch" not found/ }),
    says('get --raw /readyz', 'kubectl get --raw /readyz', { code: 0, stdout: /^ok$/ }),
    says('cordon and uncordon', 'n=$(hostname); kubectl cordon "$n"; kubectl cordon "$n"; kubectl uncordon "$n"', {
      code: 0,
      stdout: /^node\/\S+ cordoned\nnode\/\S+ already cordoned\nnode\/\S+ uncordoned\n$/,
    }),
    says('version -o json names the server', 'kubectl version -o json', { code: 0, stdout: /"serverVersion": \{[^}]*"gitVersion": "v1\.36\.2\+k3s1"/ }),
  ],
}
