/** What a shell is told to do for TAB: it asks `drover __complete`; nothing that was typed is ever evaluated. */
export const COMPLETION_SCRIPTS: Readonly<Record<'bash' | 'zsh' | 'fish', string>> = {
  bash: String.raw`# Load it: source <(drover completion bash)
_drover() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("${'$'}{line%%$'\t'*}"); done < <(drover __complete -- "${'$'}{COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _drover drover
`,
  zsh: String.raw`#compdef drover
# Load it: source <(drover completion zsh)
_drover() {
  local -a found
  local line
  for line in "${'$'}{(@f)$(drover __complete -- "${'$'}{(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("${'$'}{${'$'}{line%%$'\t'*}//:/\\:}:${'$'}{line#*$'\t'}")
  done
  _describe drover found || _files
}
compdef _drover drover
`,
  fish: String.raw`# Load it: drover completion fish | source
complete -c drover -f -a '(set -l t (commandline -opc); drover __complete -- $t[2..] (commandline -ct))'
`,
}
