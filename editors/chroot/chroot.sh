#!/bin/sh
# Makes chroots of Debian suites, for programs to test and compare with, and runs commands in them; as root.
#
#   chroot.sh make SUITE PACKAGE...          have packages in it: takes a network, and minutes the first time
#   chroot.sh run SUITE FOLDER COMMAND...    run COMMAND in it, in FOLDER, which it sees as /mnt
#
# They are in the folder SEEDLS_CHROOT, by default seedls in the user's cache directory, each named after its suite, such
# as sid. What was interrupted is made again or gone on with. The mounts are in namespaces of their own: they end with the
# command, and removing a chroot removes nothing else.
set -eu

fail() { echo "chroot.sh: $*" >&2; exit 1; }

make_chroot() {
  [ "$(id -u)" = 0 ] || fail "not root, who alone can make a chroot"
  command -v apt-get >/dev/null || fail "no apt-get: chroots are made on Debian and its kin"
  mkdir -p "$(dirname "$dir")"
  exec 9>"$dir.lock"
  flock 9
  [ -e "$dir/etc/debian_version" ] || make_base
  # The network as the machine has it: names, proxies, certificates.
  cp /etc/resolv.conf /etc/hosts "$dir/etc/"
  cp -r /etc/apt/apt.conf.d "$dir/etc/apt/"
  cp -r /usr/local/share/ca-certificates "$dir/usr/local/share/"
  # shellcheck disable=SC2016 # dpkg-query and the inner shell expand these
  (run "$dir/mnt" sh -euc '
    states=$(dpkg-query -W -f "\${db:Status-Status}\n" "$@" 2>/dev/null) || true
    [ "$(echo "$states" | grep -cx installed)" -lt $# ] || exit 0
    export DEBIAN_FRONTEND=noninteractive
    update-ca-certificates
    dpkg --configure -a
    apt-get update
    apt-get install -y --no-install-recommends "$@"
    apt-get clean' sh "$@")
}

make_base() {
  command -v debootstrap >/dev/null || { apt-get update && apt-get install -y debootstrap; }
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    grep -v '^ *#' | grep -Eo 'https?://[^ ]*/debian/?( |$)' | head -n 1)
  rm -rf "$dir.partial"
  unshare --mount debootstrap --variant=minbase --include=ca-certificates "$suite" "$dir.partial" \
    ${mirror:+"$mirror"}
  mv "$dir.partial" "$dir"
}

run() {
  exec unshare --mount sh -euc '
    dir=$1 folder=$2
    shift 2
    mount --rbind /proc "$dir/proc"
    mount --rbind /dev "$dir/dev"
    mount --bind "$folder" "$dir/mnt"
    exec chroot "$dir" env -C /mnt "$@"' sh "$dir" "$@"
}

[ $# -ge 3 ] || fail "usage: chroot.sh make SUITE PACKAGE..., or chroot.sh run SUITE FOLDER COMMAND..."
do=$1 suite=$2 dir=${SEEDLS_CHROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/seedls}/$2
shift 2
case $do in
  make) make_chroot "$@" ;;
  run) run "$@" ;;
  *) fail "no command $do: make or run" ;;
esac
