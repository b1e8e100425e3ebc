# esb_firmware(VERSION 1.0.0 SEQ 1 [UPDATE_KEYS x.y...] [UPDATE_KEY_FILE key.jwk...])
#
# In the project's main component, after idf_component_register(): defines what
#   ESB_APP("name", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);
# says. The chip is the one that ESP-IDF builds for. Relative files count from the project's folder.
include(${CMAKE_CURRENT_LIST_DIR}/EsbUpdateKey.cmake)

function(esb_firmware)
  cmake_parse_arguments(ARG "" "VERSION;SEQ" "UPDATE_KEYS;UPDATE_KEY_FILE" ${ARGN})
  foreach(needed VERSION SEQ)
    if(NOT ARG_${needed})
      message(FATAL_ERROR "esb_firmware: ${needed} is missing")
    endif()
  endforeach()
  idf_build_get_property(project PROJECT_DIR)
  set(files)
  foreach(file ${ARG_UPDATE_KEY_FILE})
    get_filename_component(path "${file}" ABSOLUTE BASE_DIR "${project}")
    list(APPEND files "${path}")
  endforeach()
  esb_update_keys(keys KEYS ${ARG_UPDATE_KEYS} FILES ${files})
  idf_build_get_property(target IDF_TARGET)
  target_compile_definitions(${COMPONENT_LIB} PRIVATE
    ESB_HW="${target}" ESB_APP_VERSION="${ARG_VERSION}" ESB_APP_SEQ=${ARG_SEQ} "ESB_UPDATE_KEYS=${keys}")
endfunction()
