#!/usr/bin/env bash
# Chromium and a Chinese font for the browser tests: installed where we may, else named.
set -u
have_font() { fc-list :lang=zh 2>/dev/null | grep -q .; }
if command -v chromium >/dev/null && have_font; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium and a Chinese font ..."
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
fi
command -v chromium >/dev/null || { echo "chromium is missing: apt-get install chromium"; exit 1; }
have_font || { echo "a Chinese font is missing: apt-get install fonts-noto-cjk fontconfig"; exit 1; }
