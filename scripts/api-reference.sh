#!/usr/bin/env bash
# Writes the reference of what authors, users of the MQTT engine and ports see to build/api-reference/html (docs/api.md). A
# public name without words is an error.
#
#   scripts/api-reference.sh            installs Doxygen when it is missing
#   scripts/api-reference.sh --check    only looks, in a folder of its own, and without Doxygen ends with status 77
set -euo pipefail
cd "$(dirname "$0")/.."

headers=(
  esb/esb.hpp esb/device/{app,data_file,device,policy,firmware}.hpp
  esb/link/{message,limits}.hpp esb/console/{command,report,variables,output}.hpp
  esb/settings/{setting,page_text,schema,store}.hpp esb/ota/{descriptor,policy}.hpp esb/wifi/policy.hpp
  esb/base/{bytes,errors,fixed,function,json,result,secret,time}.hpp
  esb/mqtt/{client,types,message,properties,storage,errors}.hpp
  'esb/chip/*.hpp' 'esb/chip/pins/*.hpp'
)
folder=build/api-reference
more=
case ${1-} in
  '')
    command -v doxygen >/dev/null || scripts/install-packages.sh reference
    ;;
  --check)
    if ! command -v doxygen >/dev/null; then
      echo "api-reference: skipped, there is no doxygen (scripts/install-packages.sh reference)"
      exit 77
    fi
    folder=build/api-check
    more="GENERATE_HTML = NO
GENERATE_XML = YES"
    ;;
  *)
    echo "usage: scripts/api-reference.sh [--check]" >&2
    exit 2
    ;;
esac

rm -rf "$folder"
mkdir -p "$folder"
/usr/bin/python3 tools/doc_comments.py src "$folder/source" "${headers[@]}"
sed "s|build/api-reference|$folder|" docs/Doxyfile | { cat && echo "$more"; } | doxygen -
if [[ -z $more ]]; then echo "$folder/html/index.html"; fi
