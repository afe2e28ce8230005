#!/usr/bin/env bash
# Makes what is published as a version: `make release VERSION=0.2.0`. What this
# machine has no program for (Docker, cosign) is left out, and said at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-}
image=${IMAGE:-ghcr.io/otelcol-usage/otelcol-usage}
platforms=${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64}
out=build/release/$version
left_out=()

refuse() {
	echo "release: $*" >&2
	exit 1
}

[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || refuse "VERSION: \"$version\": write three numbers, as make release VERSION=0.2.0"
grep -qE "^## \[${version//./\\.}\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$" CHANGELOG.md ||
	refuse "VERSION: \"$version\": CHANGELOG.md has no entry for it: write one below Unreleased, as ## [$version] - $(date +%F)"
for at in "builder-config.yaml:  version: " "deploy/helm/otelcol-usage/Chart.yaml:version: " "deploy/helm/otelcol-usage/Chart.yaml:appVersion: "; do
	has=$(sed -n "s/^${at#*:}//p" "${at%%:*}")
	[[ $has == "$version" ]] || refuse "VERSION: \"$version\": ${at%%:*} has ${at#*:}$has: make both the same, and commit"
done
[[ -z $(git status --porcelain) ]] || refuse "the tree has changes: commit them, so that others can build the same from the tag"

SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) # every time in what is made
export SOURCE_DATE_EPOCH
rm -rf "$out"
mkdir -p "$out" build/release/work

# archive FILE DIRECTORY NAME...: the same bytes whoever makes it, and when.
archive() {
	tar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -C "$2" -c "${@:3}" | gzip -n -9 >"$1"
}

make --no-print-directory build/otelcol-usage/go.mod build/otelcol-usage-app.zip

for platform in $platforms; do
	name=otelcol-usage_${version}_${platform/\//_}
	echo "$name"
	into=$PWD/build/release/work/$name
	rm -rf "$into"
	mkdir -p "$into"
	export CGO_ENABLED=0 GOOS=${platform%/*} GOARCH=${platform#*/}
	go build -C build/otelcol-usage -buildvcs=false -ldflags '-s -w' -o "$into/otelcol-usage" .
	go build -buildvcs=false -ldflags "-s -w -X main.version=$version" -o "$into/usagectl" ./cmd/usagectl
	unset CGO_ENABLED GOOS GOARCH
	cp -r LICENSE README.md CHANGELOG.md config rules "$into"
	archive "$out/$name.tar.gz" build/release/work "$name"
	# What each program is linked of, read from the program.
	for program in otelcol-usage usagectl; do
		go tool -modfile=tools/release/go.mod cyclonedx-gomod bin -json -noserial -notimestamp -version "v$version" -output "$out/${name/otelcol-usage/$program}.cdx.json" "$into/$program" 2>"$into.sbom.log" ||
			refuse "$(<"$into.sbom.log")"
	done
done

cp build/otelcol-usage-app.zip "$out/otelcol-usage-app-$(sed -n 's/^  "version": "\(.*\)",/\1/p' plugin/package.json).zip"

rm -rf build/release/work/chart
go run -C deploy/helm ./package otelcol-usage "$PWD/build/release/work/chart"
archive "$out/otelcol-usage-chart-$version.tgz" build/release/work/chart otelcol-usage

awk -v heading="## [$version]" 'index($0, "## [") == 1 { on = index($0, heading) == 1; next } on' CHANGELOG.md >"$out/RELEASE_NOTES.md"

if docker buildx version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
	docker buildx build --platform linux/amd64,linux/arm64 --build-arg "VERSION=$version" --tag "$image:$version" \
		--output "type=oci,dest=$out/otelcol-usage-image-$version.tar" .
else
	left_out+=("the image (no Docker engine with buildx answers): docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=$version --tag $image:$version --push .")
fi

(cd "$out" && sha256sum -- * >SHA256SUMS)
if command -v cosign >/dev/null; then
	cosign sign-blob --yes --bundle "$out/SHA256SUMS.sigstore.json" "$out/SHA256SUMS"
else
	left_out+=("the signature (cosign is not installed): cosign sign-blob --yes --bundle $out/SHA256SUMS.sigstore.json $out/SHA256SUMS")
fi

echo
(cd "$out" && wc -c -- *)
((${#left_out[@]} == 0)) || printf 'left out: %s\n' "${left_out[@]}"
