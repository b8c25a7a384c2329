#!/bin/sh
# Installs, upgrades or removes the Drover agent on this host.
#
# A coordinator serves this script at /install.sh and fills in, at the markers below, the version, the pin of its certificate and
# the agent archives with their SHA-256: so whoever has the right script gets the right agent. Nothing runs before the last line,
# so half a download does nothing. POSIX sh; needs root (it starts itself again through sudo), systemd, curl and iproute2.
#
# Ends with 0 done, 1 failed, 2 wrong usage, 3 refused.
set -eu

VERSION='' # @VERSION@
PIN='' # @PIN@
BUNDLES='' # @BUNDLES@

CONFIG_DIR=/etc/drover
STATE_DIR=/var/lib/drover
RUN_DIR=/run/drover
RELEASES=/opt/drover/releases
CURRENT=/opt/drover/current
UNIT=/etc/systemd/system/drover-agent.service
RESTART_MARK=/run/drover-install.restart
COPY_LINE="copy the whole line that 'drover install-line' printed"

usage() {
  cat <<'END'
Installs, upgrades or removes the Drover agent on this host.

  install-line, as `drover install-line` prints it:
      printf %s TOKEN | sh install.sh --url URL --key KEY [--pin PIN] [--re-enrol]
  remove:
      sh /opt/drover/current/install.sh --uninstall [--keep-k3s]

  --url URL     where the coordinator listens, https://ADDRESS:PORT; may be given more than once
  --key KEY     the coordinator's public key, drvk1_...
  --pin PIN     pin of its certificate, sha256//...; by default the one that this script came with
  --re-enrol    this host belongs to another coordinator now: leave that one and enrol here
  --yes         do not ask before --re-enrol
  --uninstall   stop and remove the agent; refused while it manages k3s here
  --keep-k3s    with --uninstall: leave k3s running, without Drover
  --help        this text

The join token is read from standard input, never from an argument. A host that is enrolled with the same coordinator is
upgraded and needs no token. Nothing is changed before all checks have passed.
END
}

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() { code=$1; shift; warn "drover: $*"; exit "$code"; }

main() {
  umask 022
  export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
  URLS='' KEY='' MODE=install KEEP_K3S=no RE_ENROL=no ASK=yes
  parse_arguments "$@"
  [ "$(id -u)" -eq 0 ] || become_root "$@"
  WORK=''
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
  one_at_a_time
  if [ "$MODE" = uninstall ]; then uninstall; else install_agent; fi
}

parse_arguments() {
  while [ $# -gt 0 ]; do
    case $1 in
      --url) need_value "$@"; URLS="$URLS${URLS:+ }${2%/}"; shift ;;
      --key) need_value "$@"; KEY=$2; shift ;;
      --pin) need_value "$@"; PIN=$2; shift ;;
      --re-enrol) RE_ENROL=yes ;;
      --yes) ASK=no ;;
      --uninstall) MODE=uninstall ;;
      --keep-k3s) KEEP_K3S=yes ;;
      --help | -h) usage; exit 0 ;;
      *) die 2 "unknown argument $1; see --help" ;;
    esac
    shift
  done
  if [ "$MODE" = uninstall ]; then return; fi
  [ "$KEEP_K3S" = no ] || die 2 '--keep-k3s belongs to --uninstall'
  if [ -z "$URLS" ] || [ -z "$KEY" ]; then die 2 "both --url and --key are needed; $COPY_LINE"; fi
  for url in $URLS; do
    case $url in
      https://?*) ;;
      *) die 2 "--url must begin with https://, not $url" ;;
    esac
    [ -z "$(printf %s "${url#https://}" | tr -d 'A-Za-z0-9.:_/[]-')" ] || die 2 "not the address of a coordinator: $url"
  done
  case $KEY in
    drvk1_*) ;;
    *) die 2 '--key must be the public key of a coordinator, drvk1_...' ;;
  esac
  # drvk1_ and 52 characters of base32 and 4 of checksum
  if [ "${#KEY}" -ne 62 ] || [ -n "$(printf %s "${KEY#drvk1_}" | tr -d 'a-z2-7')" ]; then
    die 2 "--key is not whole; $COPY_LINE"
  fi
  [ -n "$BUNDLES" ] || die 2 'this copy of the script names no agent; fetch it from a coordinator: https://ADDRESS:8443/install.sh'
  case $PIN in
    sha256//?*) ;;
    *) die 2 '--pin must be sha256//... and is needed here' ;;
  esac
  case ${PIN#sha256//} in
    *[!A-Za-z0-9+/=]*) die 2 '--pin must be sha256//... in base64' ;;
  esac
}

need_value() { if [ $# -lt 2 ] || [ -z "$2" ]; then die 2 "$1 needs a value"; fi; }

become_root() {
  command -v sudo >/dev/null 2>&1 || die 1 'must be root, and there is no sudo here: become root (su -) and paste the line again'
  [ -r "$0" ] || die 1 'must be root: save this script to a file and run that'
  say 'Not root: starting again through sudo.'
  exec sudo -- sh "$0" "$@"
}

clean_up() {
  status=$?
  trap - EXIT
  if [ -n "$WORK" ]; then rm -rf "$WORK"; fi
  if [ "$status" -eq 1 ] && [ "${CHANGED:-no}" = no ] && [ "$MODE" = install ]; then warn 'drover: nothing on this host was changed'; fi
  exit "$status"
}

one_at_a_time() {
  command -v flock >/dev/null 2>&1 || return 0
  exec 9>/run/drover-install.lock || die 1 'cannot write to /run'
  flock -n 9 || die 1 'another installation is running on this host'
}

# --- install -----------------------------------------------------------------------------------------------------------

install_agent() {
  CHANGED=no
  find_out
  preflight
  fetch_release
  announce
  change_host
  await_agent
}

# What is here already.
find_out() {
  HOST=$(uname -n)
  case $(uname -m) in
    x86_64) ARCH=amd64 ;;
    aarch64) ARCH=arm64 ;;
    *) ARCH=none ;;
  esac
  OLD_KEY='' OLD_VERSION='' OLD_RELEASE='' ENROLLED=no TOKEN=''
  if [ -f "$CONFIG_DIR/agent.json" ]; then OLD_KEY=$(json_field key "$CONFIG_DIR/agent.json"); fi
  if [ -f "$STATE_DIR/enrolment.json" ]; then ENROLLED=yes; fi
  if [ -L "$CURRENT" ]; then OLD_RELEASE=$(readlink "$CURRENT"); fi
  if [ -f "$CURRENT/VERSION" ]; then OLD_VERSION=$(cat "$CURRENT/VERSION"); fi
  SAME_KEY=no
  if [ "$OLD_KEY" = "$KEY" ]; then SAME_KEY=yes; fi
}

json_field() { sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*"\([^"]*\)".*/\1/p' "$2" | head -n 1; }

# All that could go wrong later, asked now; every fault is named, not only the first.
preflight() {
  FAULTS=''
  check_system
  check_tools
  check_room
  if [ -n "$FAULTS" ]; then
    warn "drover: this host cannot take the agent:"
    printf '%s' "$FAULTS" >&2
    exit 1
  fi
  check_belonging
  read_token
}

fault() { FAULTS="$FAULTS  - $*
"; }

check_system() {
  [ "$(uname -s)" = Linux ] || fault "the system is $(uname -s); the agent runs on Linux"
  [ "$ARCH" != none ] || fault "the machine is $(uname -m); there are agents for x86_64 and aarch64"
  [ -d /run/systemd/system ] || fault 'systemd is not running as the init system'
  if command -v getconf >/dev/null 2>&1; then
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
    case $glibc in
      'glibc 2.'*) [ "${glibc#glibc 2.}" -ge 28 ] 2>/dev/null || fault "$glibc is too old; 2.28 or newer is needed" ;;
      *) fault 'the C library is not glibc' ;;
    esac
  fi
}

check_tools() {
  for tool in systemctl systemd-run curl ip tar sha256sum mktemp df; do
    command -v "$tool" >/dev/null 2>&1 || fault "$tool is missing$(package_of "$tool")"
  done
  COMPRESSION=none
  for each in xz:xz gzip:gz; do
    if [ "$COMPRESSION" = none ] && command -v "${each%:*}" >/dev/null 2>&1 && [ -n "$(bundle_line "${each#*:}")" ]; then COMPRESSION=${each#*:}; fi
  done
  if [ "$ARCH" != none ]; then
    if [ -z "$(bundle_line xz)$(bundle_line gz)" ]; then
      fault "this coordinator has no agent for $ARCH"
    elif [ "$COMPRESSION" = none ]; then
      fault 'neither xz nor gzip is here to unpack the agent'
    fi
  fi
}

package_of() {
  case $1 in
    curl | tar) printf ' (package %s)' "$1" ;;
    ip) printf ' (package iproute2)' ;;
    *) ;;
  esac
}

# The line "arch compression sha256 size" for this machine.
bundle_line() { printf '%s\n' "$BUNDLES" | grep "^$ARCH $1 " | head -n 1; }

check_room() {
  room_for /opt/drover 200
  room_for "$STATE_DIR" 64
  for folder in /opt/drover "$STATE_DIR" "$CONFIG_DIR" "$UNIT"; do can_write "$folder"; done
}

# The nearest folder above a path that is there.
nearest() {
  path=$1
  while [ ! -d "$path" ]; do path=$(dirname "$path"); done
  printf '%s' "$path"
}

room_for() {
  free=$(df -Pk "$(nearest "$1")" | awk 'NR == 2 { print int($4 / 1024) }')
  [ "$free" -ge "$2" ] || fault "$1 has room for $free MB; $2 MB are needed"
}

can_write() {
  folder=$(nearest "$1")
  if probe=$(mktemp "$folder/.drover-probe.XXXXXX" 2>/dev/null); then rm -f "$probe"; else fault "$folder cannot be written to"; fi
}

# An agent of another coordinator is not taken over by a pasted line, and one that manages k3s keeps its identity.
check_belonging() {
  if [ "$ENROLLED" = no ]; then return; fi
  if [ "$RE_ENROL" = no ]; then
    [ "$SAME_KEY" = yes ] || die 3 "the agent here is enrolled with another coordinator ($(json_urls)). If that is meant to end, add --re-enrol."
    return
  fi
  [ ! -e "$STATE_DIR/claim.json" ] || die 3 'the agent here manages k3s; first remove this host from its cluster'
  no_step_runs
  confirm_re_enrol
  ENROLLED=no
}

json_urls() { sed -n 's/.*"urls"[[:space:]]*:[[:space:]]*\[\([^]]*\)\].*/\1/p' "$CONFIG_DIR/agent.json" | tr -d '"'; }

# Standard input carries the token, so the person at the terminal is asked there.
confirm_re_enrol() {
  [ "$ASK" = yes ] || return 0
  if ! (: </dev/tty) 2>/dev/null; then die 3 '--re-enrol must be confirmed at a terminal, or with --yes'; fi
  printf 'This host forgets its present enrolment. Type its name (%s) to go on: ' "$HOST" >/dev/tty
  IFS= read -r answer </dev/tty || answer=''
  [ "$answer" = "$HOST" ] || die 3 'not confirmed'
}

read_token() {
  if [ "$ENROLLED" = yes ]; then return; fi
  if [ -s "$STATE_DIR/join-token" ] && [ -t 0 ]; then return; fi # left by an earlier run that was cut short
  [ ! -t 0 ] || die 2 "no token on standard input; $COPY_LINE"
  IFS= read -r TOKEN || true
  case $TOKEN in
    drvj1_??????????_*_????) ;;
    '') [ -s "$STATE_DIR/join-token" ] || die 2 "no token on standard input; $COPY_LINE" ;;
    K10* | *::server:* | *::node:*) die 2 "that is a token of k3s, not of Drover, and it was just shown: rotate it; then $COPY_LINE" ;;
    *) die 2 'what came on standard input is not a join token (drvj1_...)' ;;
  esac
}

# Downloads and unpacks beside the releases, checks, and starts what came: all of it before anything is changed.
fetch_release() {
  line=$(bundle_line "$COMPRESSION")
  SHA256=$(printf %s "$line" | cut -d' ' -f3)
  size=$(printf %s "$line" | cut -d' ' -f4)
  RELEASE=$VERSION-$(printf %s "$SHA256" | cut -c1-12)
  if installed_already; then return; fi
  mkdir -p "$RELEASES"
  WORK=$(mktemp -d "$RELEASES/.new.XXXXXX")
  say "Fetching agent $VERSION for $ARCH ($((size / 1000000)) MB, $COMPRESSION)."
  download "$WORK/archive" "$size"
  [ "$(wc -c <"$WORK/archive" | tr -d ' ')" = "$size" ] || die 1 'the download has the wrong size'
  [ "$(sha256sum <"$WORK/archive" | cut -d' ' -f1)" = "$SHA256" ] || die 1 'the download has the wrong SHA-256: it is not the agent that this script belongs to'
  mkdir "$WORK/release"
  case $COMPRESSION in
    xz) xz -dc <"$WORK/archive" ;;
    gz) gzip -dc <"$WORK/archive" ;;
  esac | tar -xof - -C "$WORK/release" || die 1 'the archive could not be unpacked'
  rm "$WORK/archive"
  [ "$(cat "$WORK/release/VERSION")" = "$VERSION" ] || die 1 'the archive holds another version'
  "$WORK/release/node" --version >/dev/null || die 1 'the Node that the agent brings does not start here (libstdc++6 missing, or /opt mounted noexec?)'
  printf '%s\n' "$SHA256" >"$WORK/release/bundle.sha256"
  chmod 0755 "$WORK/release"
}

installed_already() { [ -f "$RELEASES/$RELEASE/bundle.sha256" ] && [ "$(cat "$RELEASES/$RELEASE/bundle.sha256")" = "$SHA256" ]; }

download() {
  for url in $URLS; do
    # -k: the certificate is the coordinator's own; --pinnedpubkey is what is checked, and curl enforces it all the same.
    if curl -fsSk --pinnedpubkey "$PIN" --proto '=https' --retry 3 --connect-timeout 10 --max-time 1800 --max-filesize "$2" \
      -o "$1" "$url/artifacts/sha256/$SHA256"; then return; else status=$?; fi
    case $status in
      90) warn "drover: $url showed another certificate than the pinned one" ;;
      22) warn "drover: $url does not have this agent; fetch a new line with 'drover install-line'" ;;
      *) warn "drover: $url: curl ended with $status" ;;
    esac
  done
  die 1 'the agent could not be fetched'
}

announce() {
  case $OLD_VERSION in
    '') say "Drover agent $VERSION will be installed on $HOST ($ARCH)." ;;
    "$VERSION") say "Drover agent $VERSION is on $HOST ($ARCH); what is missing or changed will be put right." ;;
    *) say "Drover agent $OLD_VERSION on $HOST ($ARCH) will be replaced by $VERSION." ;;
  esac
  say "  coordinator $URLS"
  say "  key         $KEY"
  say "  files       $RELEASES/$RELEASE, $CONFIG_DIR/agent.json, $UNIT, state in $STATE_DIR"
  say '  service     drover-agent.service, enabled and started'
}

change_host() {
  CHANGED=yes
  RESTART=no
  # An earlier run may have been cut short between a change and the restart that it asks for; a reboot takes the mark away.
  if [ -e "$RESTART_MARK" ]; then RESTART=yes; fi
  install -d -m 0755 /opt/drover "$RELEASES" "$CONFIG_DIR" "$STATE_DIR"
  if [ "$RE_ENROL" = yes ]; then forget_enrolment; fi
  if ! installed_already; then
    rm -rf "${RELEASES:?}/$RELEASE"
    sync_path "$WORK/release"
    mv "$WORK/release" "$RELEASES/$RELEASE"
  fi
  if [ -n "$TOKEN" ]; then put "$STATE_DIR/join-token" 0600 "$TOKEN"; fi
  put "$CONFIG_DIR/agent.json" 0644 "$(config_text)"
  put "$UNIT" 0644 "$(cat "$RELEASES/$RELEASE/drover-agent.service")"
  switch_to "releases/$RELEASE"
  sync_path "$STATE_DIR"
  sync_path "$RELEASES"
  sync_path /etc
  systemctl daemon-reload
  systemctl --quiet enable drover-agent.service
  if [ "$RESTART" = yes ]; then
    rm -f "$RUN_DIR/agent-state.json"
    systemctl restart drover-agent.service
    rm -f "$RESTART_MARK"
  else
    systemctl start drover-agent.service
  fi
}

config_text() {
  list=''
  for url in $URLS; do list="$list${list:+, }\"$url\""; done
  printf '{"urls": [%s], "key": "%s", "pin": "%s"}' "$list" "$KEY" "$PIN"
}

# Writes a file whole or not at all, and only where it differs; a change asks for a restart.
put() {
  if [ -f "$1" ] && [ "$(cat "$1")" = "$3" ]; then return; fi
  ask_restart
  (umask 077 && printf '%s\n' "$3" >"$1.new")
  chmod "$2" "$1.new"
  mv -f "$1.new" "$1"
}

ask_restart() {
  : >"$RESTART_MARK"
  RESTART=yes
}

switch_to() {
  if [ "$(readlink "$CURRENT" 2>/dev/null || true)" = "$1" ]; then return; fi
  ask_restart
  ln -sfn "$1" "$CURRENT.new"
  mv -fT "$CURRENT.new" "$CURRENT"
}

sync_path() { sync -f "$1" 2>/dev/null || sync; }

# The old enrolment is set aside, not destroyed: its keys are this host's identity at the other coordinator.
forget_enrolment() {
  systemctl stop drover-agent.service 2>/dev/null || true
  for name in enrolment.json keys fences.json journal journal-head.json; do
    if [ -e "$STATE_DIR/$name" ]; then mv "$STATE_DIR/$name" "$STATE_DIR/$name.before-$(date -u +%Y%m%dT%H%M%SZ)"; fi
  done
  ask_restart
}

# The agent says in a file how far it is; a release that does not even run is taken back.
await_agent() {
  seconds=0
  while [ "$seconds" -lt 60 ]; do
    state=''
    if [ -f "$RUN_DIR/agent-state.json" ]; then state=$(json_field state "$RUN_DIR/agent-state.json"); fi
    case $state in
      enrolled | pending) tell_end "$state"; return ;;
      refused) die 3 "this host was refused: $(json_field message "$RUN_DIR/agent-state.json")$(refused_next)" ;;
    esac
    restarts=$(systemctl show -p NRestarts --value drover-agent.service || true)
    if [ "${restarts:-0}" -ge 5 ]; then take_back; fi
    sleep 1
    seconds=$((seconds + 1))
  done
  if ! systemctl --quiet is-active drover-agent.service || [ ! -f "$RUN_DIR/agent-state.json" ]; then take_back; fi
  warn "drover: the agent is installed and runs, but has not reached the coordinator within a minute: $(json_field message "$RUN_DIR/agent-state.json")"
  warn '  It goes on trying. Look at: journalctl -u drover-agent'
  exit 1
}

# An enrolled host does not spend a token, so that a new line alone does not help one that was removed.
refused_next() {
  if [ "$ENROLLED" = yes ]; then printf '%s' '. This host brought its old enrolment: paste a new line with --re-enrol at its end'; fi
}

take_back() {
  warn 'drover: the agent does not run; its last words:'
  journalctl -u drover-agent.service -n 10 --no-pager -o cat >&2 || true
  if [ -n "$OLD_RELEASE" ] && [ "$OLD_RELEASE" != "releases/$RELEASE" ] && [ -x "/opt/drover/$OLD_RELEASE/node" ]; then
    put "$UNIT" 0644 "$(cat "/opt/drover/$OLD_RELEASE/drover-agent.service")"
    switch_to "$OLD_RELEASE"
    systemctl daemon-reload
    systemctl restart drover-agent.service || true
    rm -f "$RESTART_MARK"
    die 1 "went back to the release before ($OLD_VERSION)"
  fi
  exit 1
}

tell_end() {
  remove_old_releases
  file=$RUN_DIR/agent-state.json
  name=$(json_field name "$file")
  say "Done: agent $VERSION runs on ${name:-$HOST}."
  say "  this host's key     $(json_field hostKey "$file")"
  say "  coordinator's key   $(json_field coordinatorKey "$file")"
  if [ "$1" = pending ]; then
    say "The host waits for approval. At the coordinator: drover approve host ${name:-$HOST}"
  else
    say "It is enrolled. At the coordinator: drover get hosts"
    if [ "$ENROLLED" = yes ]; then say "It was enrolled before: the line's token is not spent, and labels and limits of the host stay as they were."; fi
  fi
}

# The present release and the one before are kept.
remove_old_releases() {
  for folder in "$RELEASES"/* "$RELEASES"/.new.*; do
    case releases/${folder##*/} in
      "releases/$RELEASE" | "$OLD_RELEASE") ;;
      *) rm -rf "$folder" ;;
    esac
  done
}

# --- uninstall ---------------------------------------------------------------------------------------------------------

uninstall() {
  if [ ! -e "$UNIT" ] && [ ! -d /opt/drover ] && [ ! -e "$CONFIG_DIR/agent.json" ]; then
    say 'There is no Drover agent on this host.'
    return
  fi
  may_go
  say "Removing the Drover agent: its service, /opt/drover, $CONFIG_DIR/agent.json and its state and keys in $STATE_DIR."
  if [ "$KEEP_K3S" = yes ]; then say 'k3s stays as it is.'; fi
  # Stopped, it takes no order over; what it took over since the first look still counts.
  systemctl --quiet stop drover-agent.service 2>/dev/null || true
  if ! (may_go); then
    systemctl start drover-agent.service || true
    exit 3
  fi
  systemctl --quiet disable --now drover-agent.service 2>/dev/null || true
  rm -f "$UNIT"
  systemctl daemon-reload
  systemctl reset-failed drover-agent.service 2>/dev/null || true
  rm -rf /opt/drover "$RUN_DIR" "$RESTART_MARK" "$CONFIG_DIR/agent.json"
  remove_state
  if [ -e "$CONFIG_DIR/firewall/active.json" ]; then
    say "The firewall rules stay in force and are loaded at boot. To remove them: systemctl disable --now drover-firewall, nft delete table inet drover, rm -r $CONFIG_DIR/firewall /etc/systemd/system/drover-firewall.service"
  fi
  rmdir "$CONFIG_DIR" 2>/dev/null || say "Kept, because it is yours: $CONFIG_DIR"
  say 'Done. If the host is still listed at the coordinator: drover remove host NAME'
}

may_go() {
  if [ -e "$STATE_DIR/claim.json" ] && [ "$KEEP_K3S" = no ]; then
    die 3 "the agent manages k3s on this host. At the coordinator: drover delete cluster or drover remove host; or add --keep-k3s to leave k3s running without Drover."
  fi
  no_step_runs
}

# A step is a unit of its own and goes on without the agent; its journal must not be taken away under it.
no_step_runs() {
  units=$(systemctl list-units --plain --no-legend --state=active,activating,deactivating 'drover-step-*') || die 1 'systemd does not say whether a step is running'
  steps=$(printf %s "$units" | awk '{ print $1 }' | tr '\n' ' ')
  [ -z "$steps" ] || die 3 "a step is running ($steps); wait for its end"
}

# Files that an administrator brought are not ours to delete.
remove_state() {
  if [ ! -d "$STATE_DIR" ]; then return; fi
  for entry in "$STATE_DIR"/* "$STATE_DIR"/.[!.]*; do
    if [ "$entry" = "$STATE_DIR/import" ] && [ -n "$(ls -A "$entry" 2>/dev/null)" ]; then
      say "Kept, because it is yours: $entry"
    else
      rm -rf "$entry"
    fi
  done
  rmdir "$STATE_DIR" 2>/dev/null || true
}

main "$@"
