# Shared by deploy/start and deploy/test: the quiet build. Sourced, with the working directory at the top of the repository.

build_dir=build/release
build_log=$build_dir/build.log

# What ccache has compiled in one clone counts in another.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=true

# build TARGET...: configures and builds the release, silently but for one progress line; on failure says where the log is.
build() {
  mkdir -p "$build_dir"
  local started=$SECONDS
  if ! cmake --preset release >"$build_log" 2>&1; then
    tail -n 20 "$build_log" >&2
    echo "build: cmake failed (above); all of it is in $build_log" >&2
    return 1
  fi
  if ! ninja -C "$build_dir" "$@" 2>&1 | tee -a "$build_log" | show_progress; then
    grep -A 12 -m 3 -E '^FAILED|error:' "$build_log" >&2
    echo "build: failed (above); all of it is in $build_log" >&2
    return 1
  fi
  if ((SECONDS - started > 5)); then echo "build: done in $((SECONDS - started)) s"; fi
}

# Turns ninja lines into progress: one line that changes on a terminal, else a line for each quarter. (Not awk: that of a new machine
# reads ahead and would show nothing until the end.)
show_progress() {
  local line quarter=0 shown=false
  while IFS= read -r line; do
    [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]] || continue
    local done=${BASH_REMATCH[1]} all=${BASH_REMATCH[2]}
    if [[ -t 1 ]]; then
      printf '\rbuild: %d of %d ' "$done" "$all"
      shown=true
    elif ((all > 20 && 4 * done / all > quarter)); then
      quarter=$((4 * done / all))
      echo "build: $done of $all"
    fi
  done
  if $shown; then printf '\r\033[K'; fi
}
