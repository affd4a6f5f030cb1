#!/usr/bin/env bash
# Installs what deploy/packages.txt lists for the named sections: deploy/install-packages.sh build run test lint
# Does nothing, and needs no network or root, when all of it is there.
set -euo pipefail
cd "$(dirname "$0")"

missing=() missing_backports=()
for section in "$@"; do
  found=0
  while read -r when name options; do
    [ "$when" = "$section" ] || continue
    found=1
    command=""
    case " $options " in *" unless="*) command=${options##*unless=}; command=${command%% *} ;; esac
    if [ -n "$command" ] && command -v "$command" > /dev/null; then continue; fi
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null)" = installed ]; then continue; fi
    case " $options " in
      *" backports "*) missing_backports+=("$name") ;;
      *) missing+=("$name") ;;
    esac
  done < <(grep -vE '^(#|$)' packages.txt)
  if [ $found = 0 ]; then
    echo "install-packages: no section '$section' in packages.txt" >&2
    exit 2
  fi
done
if [ ${#missing[@]} = 0 ] && [ ${#missing_backports[@]} = 0 ]; then exit 0; fi

sudo=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo > /dev/null || { echo "install-packages: run as root, or install: ${missing[*]} ${missing_backports[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
echo "installing ${#missing[@]} packages from Debian and ${#missing_backports[@]} from backports"

# Servers are started by those who need them, privately; keep their packages from starting system-wide ones.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee $policy > /dev/null
  "${sudo[@]}" chmod +x $policy
  trap '"${sudo[@]}" rm -f $policy' EXIT
fi

if [ ${#missing_backports[@]} != 0 ] && ! grep -rqs bookworm-backports /etc/apt/sources.list /etc/apt/sources.list.d; then
  echo "deb http://deb.debian.org/debian bookworm-backports main" |
    "${sudo[@]}" tee /etc/apt/sources.list.d/bookworm-backports.list > /dev/null
fi

apt() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@" > /dev/null; }
apt update
if [ ${#missing[@]} != 0 ]; then apt install -y --no-install-recommends "${missing[@]}"; fi
if [ ${#missing_backports[@]} != 0 ]; then
  apt install -y --no-install-recommends -t bookworm-backports "${missing_backports[@]}"
fi
