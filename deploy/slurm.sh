#!/bin/sh
# The full plan in 8 parts, each alone on a node, and the parts joined.
#
#   sbatch deploy/slurm.sh                          # from the root of the tree, after make build
#   sbatch --array=1-16 deploy/slurm.sh -count 40   # other flags of bench
#
# Parts of one plan need nodes of one kind, or they cannot be joined: ask for
# one with --constraint. A job that is requeued goes on where it stopped.
#SBATCH --job-name=vmabench
#SBATCH --array=1-8
#SBATCH --nodes=1
#SBATCH --exclusive
#SBATCH --hint=nomultithread
#SBATCH --time=06:00:00
#SBATCH --requeue
set -eu
OUT=${OUT:-results/slurm-$SLURM_ARRAY_JOB_ID}
export OUT
sh deploy/shard.sh "$SLURM_ARRAY_TASK_ID" "$SLURM_ARRAY_TASK_COUNT" -plan full "$@"
