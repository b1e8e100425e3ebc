# esb_add_firmware(NAME SOURCES main.cpp... VERSION 1.0.0 SEQ 1
#                  [UPDATE_KEYS x.y...] [UPDATE_KEY_FILE key.jwk...] [DEFINITIONS NAME=VALUE...] [LIBRARIES target...])
#
# Builds firmware for the virtual chip: the program NAME and, stripped and sealed, the image NAME.img in the current
# binary folder (target NAME_image, part of "all"). The sources say
#   ESB_APP("name", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);
# UPDATE_KEYS are P-256 public keys as "x.y"; UPDATE_KEY_FILE names public JWK files. At least one key is needed:
# without it the device could never be updated. LIBRARIES replaces esb_device for firmware that brings a
# run_firmware() of its own.
#
# The same in this project, in one that has it as a part (add_subdirectory, FetchContent), and after
# find_package(EspSecureBase).
include(${CMAKE_CURRENT_LIST_DIR}/EsbUpdateKey.cmake)

function(esb_add_firmware name)
  cmake_parse_arguments(ARG "" "VERSION;SEQ" "SOURCES;UPDATE_KEYS;UPDATE_KEY_FILE;DEFINITIONS;LIBRARIES" ${ARGN})
  foreach(needed VERSION SEQ SOURCES)
    if(NOT ARG_${needed})
      message(FATAL_ERROR "esb_add_firmware(${name}): ${needed} is missing")
    endif()
  endforeach()
  esb_update_keys(keys KEYS ${ARG_UPDATE_KEYS} FILES ${ARG_UPDATE_KEY_FILE})
  if(NOT ARG_LIBRARIES)
    set(ARG_LIBRARIES esb::esb_device)
  endif()

  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)  # `esb coredump` names the file it was compiled as
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti
    -g1)  # lines for `esb coredump`; the image is stripped
  target_compile_definitions(${name} PRIVATE
    ESB_HW="vchip" ESB_APP_VERSION="${ARG_VERSION}" ESB_APP_SEQ=${ARG_SEQ} "ESB_UPDATE_KEYS=${keys}" ${ARG_DEFINITIONS})
  target_link_libraries(${name} PRIVATE esb::esb_firmware_main ${ARG_LIBRARIES} esb::esb_vchip)
  # Not position-independent: the relocations would make up a quarter of the image.
  set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/esb_descriptor.ld)
  target_link_options(${name} PRIVATE -no-pie -Wl,--gc-sections "-Wl,-T,${script}")
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${script})

  set(image ${CMAKE_CURRENT_BINARY_DIR}/${name}.img)
  add_custom_command(
    OUTPUT ${image}
    COMMAND ${CMAKE_STRIP} -s -o ${image}.stripped $<TARGET_FILE:${name}>
    COMMAND $<TARGET_FILE:esb::vchip-seal> ${image}.stripped ${image}
    COMMAND ${CMAKE_COMMAND} -E rm ${image}.stripped
    DEPENDS ${name} $<TARGET_FILE:esb::vchip-seal>
    COMMENT "Sealing firmware image ${name}.img"
    VERBATIM)
  add_custom_target(${name}_image ALL DEPENDS ${image})
  set_property(TARGET ${name} PROPERTY ESB_IMAGE ${image})
endfunction()
