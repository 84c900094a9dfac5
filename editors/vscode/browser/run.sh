#!/bin/sh
# Tries bin/seedls.vsix in VS Code: code-server and Chromium in a chroot of Debian sid, as root. The chroot, and code-server
# in it, are kept for the next time. With PICTURES=1 the pictures of media/ are taken again.
set -eu
cd "$(dirname "$0")/../../.."

version=4.139.1
chroot=editors/chroot/chroot.sh

sh $chroot make sid nodejs npm chromium make g++ pkg-config libkrb5-dev
# npm runs the install scripts only of what is approved.
sh $chroot run sid "$PWD" sh -euc '
  at=/opt/code-server-$1
  [ ! -e "$at" ] || exit 0
  rm -rf "$at.partial"
  mkdir -p "$at.partial"
  cd "$at.partial"
  export HOME="$PWD/home"
  npm init --yes >/dev/null
  npm install --no-audit --no-fund "code-server@$1"
  npm install-scripts approve code-server argon2
  npm rebuild
  mv "$at.partial" "$at"' sh "$version"
(cd editors/vscode && node build.mjs browser)
exec sh $chroot run sid "$PWD" env CODE_SERVER="/opt/code-server-$version" PICTURES="${PICTURES:-}" LANG=C.UTF-8 \
  node --test editors/vscode/dist/browser/vscode.test.js
