#!/bin/sh
# Build and test the peer if a source is newer than it, then do the bare work until SIGTERM.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
jar="$here/target/peer.jar"
if [ ! -e "$jar" ] || [ -n "$(find "$here/pom.xml" "$here/src" "$here/../output.avsc" \
    "$here/../../../avro_schemas" -newer "$jar" -type f)" ]; then
  mvn -q -B -f "$here/pom.xml" package >&2
  touch "$jar"
fi
# The heap is bounded, because Java else takes a quarter of the machine before it collects.
exec java -Xmx"${HEAP:-512m}" ${JVM_OPTIONS:-} -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -jar "$jar"
