#!/bin/sh
# One part of a plan, or what is left of it after the job was stopped.
#
#   OUT=FOLDER shard.sh I N [flags of vmabench bench]
#
# The part goes to $OUT/shard-I-of-N. A part that is complete is left alone.
set -eu
i=$1 n=$2
shift 2
dir=${OUT:-results/fleet}/shard-$i-of-$n
if [ -e "$dir/run.json" ]; then
	exec "${VMABENCH:-bin/vmabench}" bench -resume -o "$dir" -noreport
fi
exec "${VMABENCH:-bin/vmabench}" bench "$@" -shard "$i/$n" -o "$dir" -noreport
