#!/bin/sh
# A build an hour for cron, from the project's folder; one that still runs is left alone:
#
#   7 * * * * cd /srv/pointwise && sh examples/live/build_every_hour.sh >> build.log 2>&1
#
# `pointwise live` goes on meanwhile, and takes the new publication over by itself.
set -eu
lock=${TMPDIR:-/tmp}/pointwise-build.lock
exec 9> "$lock"
flock -n 9 || { echo "a build is still running"; exit 0; }
dbt --quiet build
