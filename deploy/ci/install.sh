#!/usr/bin/env bash
# Puts the program into DS_OUT/bin, where the later steps find it:
#   DS_BINARY              a file that is there already, or
#   DS_VERSION, DS_SHA256  the archive of a release, whose checksum must be that one, or
#   neither                built by Go from the sources that these scripts belong to.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mkdir -p "$DS_OUT/bin"
if [ -n "${DS_BINARY:-}" ]; then
	ln -sf "$(realpath "$DS_BINARY")" "$DS_OUT/bin/domainsync"
elif [ -n "${DS_VERSION:-}" ]; then
	need sha256sum tar
	[[ $DS_VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "the version $DS_VERSION is none: write it as 1.2.3"
	[[ ${DS_SHA256:-} =~ ^[0-9a-f]{64}$ ]] || fail "a release is installed by version and checksum: set sha256 (DS_SHA256) to that of the archive, from a checksums.txt that you trust"
	case $(uname -m) in
	x86_64) machine=amd64 ;;
	aarch64 | arm64) machine=arm64 ;;
	*) fail "there is no release for $(uname -m): build it with Go" ;;
	esac
	archive=$DS_OUT/domainsync.tar.gz name=domainsync_${DS_VERSION}_linux_$machine
	curl -fsSL --connect-timeout 20 --max-time 600 --retry 3 -o "$archive" "${DS_RELEASES:-https://github.com/domainsync/domainsync/releases/download}/v$DS_VERSION/$name.tar.gz"
	echo "$DS_SHA256  $archive" | sha256sum --check --strict --quiet - || fail "the archive of $DS_VERSION is another one than the checksum says: nothing was installed"
	tar -xzf "$archive" -C "$DS_OUT/bin" --strip-components=1 "$name/domainsync"
	rm "$archive"
else
	need go
	[ -d "$here/../../cmd/domainsync" ] || fail "these scripts lie beside no sources to build: name a release by version and checksum (DS_VERSION, DS_SHA256)"
	(cd "$here/../.." && go build -o "$DS_OUT/bin/domainsync" ./cmd/domainsync)
fi
on_path
domainsync version
