#!/bin/sh
# Installs, upgrades or removes the Drover coordinator and the CLI `drover` on this host, from the folder that this script lies in.
# Nothing runs before the last line. POSIX sh; needs root and systemd. Ends with 0 done, 1 failed, 2 wrong usage, 3 refused.
set -eu

OPT=/opt/drover-coordinator
CURRENT=$OPT/current
RELEASES=$OPT/releases
DATA=/var/lib/drover-coordinator
UNIT=/etc/systemd/system/drover-coordinator.service
BIN=/usr/local/bin
SERVICE=drover-coordinator.service
RESTART_MARK=/run/drover-coordinator-install.restart

usage() {
  cat <<'END'
Installs or upgrades the Drover coordinator and the CLI, or removes them.

  sudo ./install-coordinator.sh
  sudo ./install-coordinator.sh --uninstall [--purge]

  --uninstall   stop and remove the coordinator and the CLI; clusters and hosts go on, the data is kept
  --purge       with --uninstall: delete the data too, keys included; no host will listen to a coordinator made anew
  --help        this text

Running it again upgrades or repairs: the data stays, and a backup of the database is made before.
END
}

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() { code=$1; shift; warn "drover: $*"; exit "$code"; }

main() {
  umask 022
  export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
  MODE=install PURGE=no
  for argument in "$@"; do
    case $argument in
      --uninstall) MODE=uninstall ;;
      --purge) PURGE=yes ;;
      --help | -h) usage; exit 0 ;;
      *) die 2 "unknown argument $argument; see --help" ;;
    esac
  done
  if [ "$PURGE" = yes ] && [ "$MODE" = install ]; then die 2 '--purge belongs to --uninstall'; fi
  SOURCE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || die 1 'must be root, and there is no sudo here: become root (su -) and run it again'
    exec sudo -- sh "$SOURCE/install-coordinator.sh" "$@"
  fi
  WORK=''
  trap clean_up EXIT
  trap 'exit 1' HUP INT TERM
  if [ "$MODE" = uninstall ]; then uninstall; else install_coordinator; fi
}

clean_up() {
  status=$?
  trap - EXIT
  if [ -n "$WORK" ]; then rm -rf "$WORK"; fi
  exit "$status"
}

install_coordinator() {
  preflight
  announce
  lay_out
  back_up
  change_host
  await_coordinator
  tell_next
}

preflight() {
  FAULTS=''
  [ -d /run/systemd/system ] || fault 'systemd is not running as the init system'
  for tool in systemctl sha256sum cp df useradd runuser getent; do
    command -v "$tool" >/dev/null 2>&1 || fault "$tool is missing"
  done
  for file in node coordinator.mjs drover.cjs assets/install.sh assets/agent-bundles.json drover-coordinator.service VERSION; do
    [ -f "$SOURCE/$file" ] || fault "$SOURCE/$file is missing: unpack the whole archive and run the script in it"
  done
  "$SOURCE/node" --version >/dev/null 2>&1 || fault "$SOURCE/node does not start here: is this the archive for $(uname -m)?"
  need=$(($(du -sk "$SOURCE" | cut -f1) / 1024 + 100))
  room_for /opt "$need"
  room_for /var/lib 500
  if [ -n "$FAULTS" ]; then
    warn 'drover: this host cannot take the coordinator; nothing was changed:'
    printf '%s' "$FAULTS" >&2
    exit 1
  fi
  VERSION=$(cat "$SOURCE/VERSION")
  sum=$(cd "$SOURCE" && cat coordinator.mjs drover.cjs assets/install.sh assets/agent-bundles.json drover-coordinator.service | sha256sum | cut -c1-12)
  RELEASE=$VERSION-$sum
  OLD_RELEASE='' OLD_VERSION=''
  if [ -L "$CURRENT" ]; then OLD_RELEASE=$(readlink "$CURRENT"); fi
  if [ -f "$CURRENT/VERSION" ]; then OLD_VERSION=$(cat "$CURRENT/VERSION"); fi
}

fault() { FAULTS="$FAULTS  - $*
"; }

room_for() {
  free=$(df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }')
  [ "$free" -ge "$2" ] || fault "$1 has room for $free MB; $2 MB are needed"
}

announce() {
  case $OLD_VERSION in
    '') say "Drover coordinator and CLI $VERSION will be installed." ;;
    "$VERSION") say "Drover coordinator and CLI $VERSION: what is missing or changed will be put right." ;;
    *) say "Drover coordinator and CLI $OLD_VERSION will be replaced by $VERSION." ;;
  esac
  say "  files    $RELEASES/$RELEASE, $BIN/drover, $BIN/drover-coordinator, $UNIT"
  say "  data     $DATA, owned by the system user drover"
  say "  service  $SERVICE"
}

# Before the new release is switched to: by the release that wrote the database or, where that one does not run, by the new one.
back_up() {
  BACKUP=''
  if [ ! -f "$DATA/drover.db" ] || [ "$OLD_RELEASE" = "releases/$RELEASE" ]; then return; fi
  BACKUP=$DATA/backups/before-$RELEASE-$(date -u +%Y%m%dT%H%M%SZ).db
  copy_by "$CURRENT" || copy_by "$RELEASES/$RELEASE" || die 1 'the backup before the upgrade failed; the service was left as it is'
  say "Backup of the database: $BACKUP"
}

copy_by() {
  [ -x "$1/node" ] || return 1
  (cd / && umask 077 && DROVER_HOME=$DATA runuser -u drover -- "$1/node" "$1/coordinator.mjs" backup "$BACKUP") >/dev/null
}

change_host() {
  RESTART=no
  # An earlier run may have been cut short between a change and the restart that it asks for; a reboot takes the mark away.
  if [ -e "$RESTART_MARK" ]; then RESTART=yes; fi
  put "$BIN/drover" 0755 "$(cli_wrapper)"
  put "$BIN/drover-coordinator" 0755 "$(coordinator_wrapper)"
  put "$UNIT" 0644 "$(cat "$RELEASES/$RELEASE/drover-coordinator.service")"
  switch_to "releases/$RELEASE"
  sync_path "$OPT"
  sync_path /etc
  systemctl daemon-reload
  systemctl --quiet enable "$SERVICE"
  if [ -f "$DATA/config.json" ]; then
    if [ "$RESTART" = yes ]; then systemctl restart "$SERVICE"; else systemctl start "$SERVICE"; fi
  fi
  rm -f "$RESTART_MARK"
}

# User, folders and the release: nothing of it is in use yet.
lay_out() {
  if ! getent passwd drover >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir "$DATA" --shell /usr/sbin/nologin drover
  fi
  install -d -m 0755 "$OPT" "$RELEASES" "$BIN"
  install -d -m 0700 -o drover -g drover "$DATA"
  if [ -d "$RELEASES/$RELEASE" ]; then return; fi
  WORK=$(mktemp -d "$RELEASES/.new.XXXXXX")
  cp -R "$SOURCE/." "$WORK/"
  chown -R root:root "$WORK"
  chmod -R u=rwX,go=rX "$WORK"
  sync_path "$WORK"
  mv -T "$WORK" "$RELEASES/$RELEASE"
  WORK=''
}

cli_wrapper() {
  cat <<END
#!/bin/sh
exec $CURRENT/node $CURRENT/drover.cjs "\$@"
END
}

# Root becomes the user that the data belongs to, so that no file there is ever root's.
coordinator_wrapper() {
  cat <<END
#!/bin/sh
umask 077
export DROVER_HOME=$DATA
if [ "\$(id -u)" -eq 0 ]; then exec runuser -u drover -- $CURRENT/node $CURRENT/coordinator.mjs "\$@"; fi
exec $CURRENT/node $CURRENT/coordinator.mjs "\$@"
END
}

# Writes a file whole or not at all, and only where it differs.
put() {
  if [ -f "$1" ] && [ "$(cat "$1")" = "$3" ]; then return; fi
  ask_restart
  printf '%s\n' "$3" >"$1.new"
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

# Up means: the same process for five seconds.
await_coordinator() {
  if [ ! -f "$DATA/config.json" ]; then remove_old_releases; return; fi
  seconds=0 same=0 before=''
  while [ "$seconds" -lt 30 ]; do
    pid=$(systemctl show -p MainPID --value "$SERVICE" || true)
    if [ "${pid:-0}" != 0 ] && [ "$pid" = "$before" ]; then same=$((same + 1)); else same=0; fi
    before=$pid
    if [ "$same" -ge 5 ]; then remove_old_releases; return; fi
    sleep 1
    seconds=$((seconds + 1))
  done
  warn 'drover: the coordinator does not stay up; its last words:'
  journalctl -u "$SERVICE" -n 10 --no-pager -o cat >&2 || true
  [ -z "$BACKUP" ] || warn "  The database as it was before: $BACKUP"
  [ -z "$OLD_RELEASE" ] || warn "  The release before: $OPT/$OLD_RELEASE (run its install-coordinator.sh to go back)"
  exit 1
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

tell_next() {
  if [ -f "$DATA/config.json" ]; then
    say "Done: coordinator $VERSION runs."
    return
  fi
  say "Done. Next: name the address under which the hosts reach this machine, one of these for instance, and start it:"
  addresses=$(ip -4 -o address show scope global 2>/dev/null | awk '{ split($4, part, "/"); print part[1] }' || true)
  for address in ${addresses:-ADDRESS}; do say "  sudo drover init --advertise https://$address:8443"; done
}

uninstall() {
  if [ ! -e "$UNIT" ] && [ ! -d "$OPT" ]; then
    say 'There is no Drover coordinator on this host.'
    if [ "$PURGE" = no ] || [ ! -d "$DATA" ]; then return; fi
  fi
  say "Removing the Drover coordinator and the CLI: service, $OPT, $BIN/drover, $BIN/drover-coordinator."
  systemctl --quiet disable --now "$SERVICE" 2>/dev/null || true
  rm -f "$UNIT" "$BIN/drover" "$BIN/drover-coordinator"
  systemctl daemon-reload
  systemctl reset-failed "$SERVICE" 2>/dev/null || true
  rm -rf "$OPT" "$RESTART_MARK"
  if [ "$PURGE" = yes ]; then
    rm -rf "$DATA"
    userdel drover 2>/dev/null || true
    say "Done; $DATA is deleted too."
  else
    say "Done. Kept: $DATA (database, keys, backups). Installing again goes on with it; --uninstall --purge deletes it."
  fi
}

main "$@"
