#!/usr/bin/env bash
# Makes the root file system of an image that is FROM scratch: image-root.sh SERVICE PROGRAMS OUT
# In OUT: files/ (the program, stripped, the Debian libraries it loads, certificate authorities, time zones, users, and the
# record of each package where scanners look for it), packages (name=version), directories (that it writes to), and
# programs/ (the program with its symbols).
# Runs inside deploy/Dockerfile.
set -euo pipefail
service=$1 programs=$2 out=$3
files=$out/files
declare -A packages=() seen=()

# The real file of a path, with the links that lead to it, and the package that it is of.
add() {
  local path=$1 real
  [ -z "${seen[$path]:-}" ] || return 0
  seen[$path]=1
  real=$(readlink -f "$path")
  mkdir -p "$files$(dirname "$real")"
  cp -a "$real" "$files$real"
  local directory
  directory=$(readlink -f "$(dirname "$path")")
  if [ "$directory/$(basename "$path")" != "$real" ]; then
    mkdir -p "$files$directory"
    ln -sf "$(realpath --relative-to="$directory" "$real")" "$files$directory/$(basename "$path")"
  fi
  record "$real"
}

# Debian 12 moved /lib into /usr, but its packages still name some files as before.
record() {
  local owner
  owner=$(dpkg-query -S "$1" 2> /dev/null || dpkg-query -S "${1#/usr}" 2> /dev/null) || { echo "image-root: no package has $1" >&2; exit 1; }
  packages[${owner%%: *}]=1
}

add_libraries_of() {
  local libraries library
  libraries=$(ldd "$1")
  case $libraries in *"not found"*) echo "image-root: $1 lacks libraries: $libraries" >&2; exit 1 ;; esac
  for library in $(awk '{ for (i = 1; i <= NF; ++i) if ($i ~ /^\//) print $i }' <<< "$libraries"); do add "$library"; done
}

add_modules() {
  local module
  for module in "$@"; do
    [ -e "$module" ] || continue
    add "$module"
    add_libraries_of "$module"
  done
}

mkdir -p "$out/programs" "$files"/{etc/ssl/certs,usr/{bin,sbin,lib,lib64,share},var/lib/dpkg/status.d,tmp}
chmod 1777 "$files/tmp"
for directory in bin sbin lib lib64; do ln -s "usr/$directory" "$files/$directory"; done

# The programs. A service's image has that one program.
directories=()
case $service in
  ctl) names=(crosspointctl) ;;
  valkey) names=(valkey-server valkey-cli) directories=(/var/lib/valkey) ;;
  prometheus) names=(prometheus) directories=(/var/lib/prometheus) ;;
  envoy) names=(envoy) ;;
  voicemail) names=(crosspoint-voicemail) directories=(/var/lib/crosspoint/voicemail) ;;
  *) names=("crosspoint-$service") ;;
esac
for name in "${names[@]}"; do
  if command -v strip > /dev/null; then
    strip --strip-unneeded -o "$files/usr/bin/$name" "$programs/$name"
  else
    cp "$programs/$name" "$files/usr/bin/$name"
  fi
  chmod 755 "$files/usr/bin/$name"
  cp "$programs/$name" "$out/programs/"
  add_libraries_of "$programs/$name"
done
ln -s "usr/bin/${names[0]}" "$files/entry"

# What libraries open by name: OpenSSL's older algorithms (NTLM needs MD4), Kerberos's ways to log in.
multiarch=/usr/lib/$(basename "$(dirname "$(readlink -f "$(ldconfig -p | awk '/libc\.so\.6/ { print $NF; exit }')")")")
[ ! -e "$files$multiarch/libcrypto.so.3" ] || add_modules "$multiarch"/ossl-modules/*.so
[ ! -e "$files$multiarch/libkrb5.so.3" ] || add_modules "$multiarch"/krb5/plugins/*/*.so

# Data: authorities, time zones, the UTF-8 locale, which Debian this is.
cp -L /etc/ssl/certs/ca-certificates.crt "$files/etc/ssl/certs/"
ln -s certs/ca-certificates.crt "$files/etc/ssl/cert.pem"
packages[ca-certificates]=1
cp -a /usr/share/zoneinfo "$files/usr/share/"
rm -rf "$files"/usr/share/zoneinfo/{posix,right}
packages[tzdata]=1
if [ -d /usr/lib/locale/C.utf8 ]; then
  mkdir -p "$files/usr/lib/locale"
  cp -a /usr/lib/locale/C.utf8 "$files/usr/lib/locale/"
  packages[libc-bin]=1
fi
cp -L /etc/os-release "$files/usr/lib/os-release"
ln -s ../usr/lib/os-release "$files/etc/os-release"
cp /etc/debian_version "$files/etc/"
packages[base-files]=1
if [ "$service" = prometheus ]; then
  cp -rL /usr/share/prometheus "$files/usr/share/"
  rm -rf "$files"/usr/share/prometheus/web/static/moment-timezone/data/unpacked  # 200 MB that no page asks for
  packages[prometheus]=1
fi
[ "$service" != valkey ] || packages[valkey-server]=1 packages[valkey-tools]=1

printf '%s\n' 'root:x:0:0:root:/:/sbin/nologin' 'crosspoint:x:10001:10001:Crosspoint:/:/sbin/nologin' \
  'nobody:x:65534:65534:nobody:/:/sbin/nologin' > "$files/etc/passwd"
printf '%s\n' 'root:x:0:' 'crosspoint:x:10001:' 'nogroup:x:65534:' > "$files/etc/group"
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' > "$files/etc/nsswitch.conf"
for directory in "${directories[@]}"; do install -d -o 10001 -g 10001 "$files$directory"; done

for package in "${!packages[@]}"; do
  name=${package%%:*}
  dpkg-query -s "$package" > "$files/var/lib/dpkg/status.d/$name"
  for sums in "/var/lib/dpkg/info/$package.md5sums" "/var/lib/dpkg/info/$name.md5sums" "/var/lib/dpkg/info/$name:$(dpkg --print-architecture).md5sums"; do
    [ ! -e "$sums" ] || { cp "$sums" "$files/var/lib/dpkg/status.d/$name.md5sums"; break; }
  done
  mkdir -p "$files/usr/share/doc/$name"
  cp -L "/usr/share/doc/$name/copyright" "$files/usr/share/doc/$name/"
  dpkg-query -W -f '${Package}=${Version}\n' "$package"
done | sort > "$out/packages"
printf '%s\n' "${directories[@]}" > "$out/directories"

# Proof that nothing is missing: it starts in here.
for name in "${names[@]}"; do
  chroot "$files" "/usr/bin/$name" --version > /dev/null 2>&1 || chroot "$files" "/usr/bin/$name" --help > /dev/null
done
echo "$service: $(wc -l < "$out/packages") packages, $(du -sm "$files" | cut -f1) MB"
