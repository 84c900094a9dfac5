#!/bin/sh
# Puts llama.cpp into a Debian sid chroot, or runs a command in one; as root.
#
#   chroot.sh make DIR                  install it: takes a network, debootstrap and some minutes
#   chroot.sh run DIR MODELS COMMAND..  run COMMAND in it, in the folder MODELS, which it sees as /mnt
#
# The mounts are in a namespace of their own: they end with the command, and removing DIR removes nothing else.
set -eu

fail() { echo "chroot.sh: $*" >&2; exit 1; }

make_chroot() {
  command -v debootstrap >/dev/null || fail "no debootstrap: apt-get install debootstrap"
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    grep -v '^ *#' | grep -Eo 'https?://[^ ]*/debian/?( |$)' | head -n 1)
  if [ ! -e "$1/etc/debian_version" ]; then
    debootstrap --variant=minbase --include=ca-certificates sid "$1" "${mirror:-http://deb.debian.org/debian}"
  fi
  # The network as the machine has it: names, proxies, certificates.
  cp /etc/resolv.conf /etc/hosts "$1/etc/"
  cp -r /etc/apt/apt.conf.d "$1/etc/apt/"
  cp -r /usr/local/share/ca-certificates "$1/usr/local/share/"
  run "$1" "$1/mnt" sh -c 'update-ca-certificates && apt-get update &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends llama.cpp-tools llama.cpp-examples'
}

run() {
  exec unshare --mount sh -euc '
    dir=$1 models=$2
    shift 2
    mount --rbind /proc "$dir/proc"
    mount --rbind /dev "$dir/dev"
    mount --bind "$models" "$dir/mnt"
    exec chroot "$dir" env -C /mnt "$@"' sh "$@"
}

case ${1:-}:$# in
  make:2) make_chroot "$2" ;;
  run:[4-9] | run:??) shift && run "$@" ;;
  *) fail "usage: chroot.sh make DIR, or chroot.sh run DIR MODELS COMMAND..." ;;
esac
