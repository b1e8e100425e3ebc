# esb_add_firmware(NAME SOURCES main.cpp... VERSION 1.0.0 SEQ 1
#                  [UPDATE_KEYS x.y...] [UPDATE_KEY_FILE key.jwk...] [DEFINITIONS NAME=VALUE...] [LIBRARIES target...])
#
# Builds firmware for the virtual chip: the program NAME and, stripped and sealed, the image NAME.img in the current
# binary folder (target NAME_image, part of "all"). The sources say
#   ESB_APP("name", ESB_APP_VERSION, ESB_APP_SEQ, ESB_UPDATE_KEYS);
# UPDATE_KEYS are P-256 public keys as "x.y"; UPDATE_KEY_FILE names public JWK files. At least one key is needed:
# without it the device could never be updated. LIBRARIES replaces esb_device for firmware that brings a
# run_firmware() of its own.
set(ESB_DESCRIPTOR_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/esb_descriptor.ld)

# The public key of a JWK file as "x.y".
function(esb_read_public_key file out)
  get_filename_component(path ${file} ABSOLUTE)
  if(NOT EXISTS ${path})
    message(FATAL_ERROR "esb_add_firmware: the update key file ${path} does not exist. Make one with: esb key new")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} jwk)
  foreach(member kty crv x y)
    string(JSON ${member} ERROR_VARIABLE problem GET "${jwk}" ${member})
    if(problem)
      message(FATAL_ERROR "esb_add_firmware: ${path} is not a public JWK: ${problem}")
    endif()
  endforeach()
  string(JSON private ERROR_VARIABLE no_private GET "${jwk}" d)
  if(NOT no_private)
    message(FATAL_ERROR "esb_add_firmware: ${path} holds a PRIVATE key. Name the public key file instead")
  endif()
  if(NOT kty STREQUAL "EC" OR NOT crv STREQUAL "P-256")
    message(FATAL_ERROR "esb_add_firmware: ${path} is not an EC P-256 key")
  endif()
  set(${out} ${x}.${y} PARENT_SCOPE)
endfunction()

function(esb_add_firmware name)
  cmake_parse_arguments(ARG "" "VERSION;SEQ" "SOURCES;UPDATE_KEYS;UPDATE_KEY_FILE;DEFINITIONS;LIBRARIES" ${ARGN})
  foreach(needed VERSION SEQ SOURCES)
    if(NOT ARG_${needed})
      message(FATAL_ERROR "esb_add_firmware(${name}): ${needed} is missing")
    endif()
  endforeach()
  foreach(file ${ARG_UPDATE_KEY_FILE})
    esb_read_public_key(${file} key)
    list(APPEND ARG_UPDATE_KEYS ${key})
  endforeach()
  if(NOT ARG_UPDATE_KEYS)
    message(FATAL_ERROR "esb_add_firmware(${name}): no update key. Give UPDATE_KEYS or UPDATE_KEY_FILE")
  endif()
  foreach(key ${ARG_UPDATE_KEYS})
    # 43 base64url characters a coordinate.
    string(LENGTH "${key}" length)
    if(NOT length EQUAL 87 OR NOT key MATCHES "^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$")
      message(FATAL_ERROR "esb_add_firmware(${name}): \"${key}\" is not a P-256 public key in the form x.y")
    endif()
  endforeach()
  list(TRANSFORM ARG_UPDATE_KEYS REPLACE "(.+)" "\"\\1\"")
  list(JOIN ARG_UPDATE_KEYS "," keys)
  if(NOT ARG_LIBRARIES)
    set(ARG_LIBRARIES esb_device)
  endif()

  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE -fno-exceptions -fno-rtti)
  target_compile_definitions(${name} PRIVATE
    ESB_HW="vchip" ESB_APP_VERSION="${ARG_VERSION}" ESB_APP_SEQ=${ARG_SEQ} "ESB_UPDATE_KEYS=${keys}" ${ARG_DEFINITIONS})
  target_link_libraries(${name} PRIVATE esb_firmware_main ${ARG_LIBRARIES} esb_vchip)
  # Not position-independent: the relocations would make up a quarter of the image.
  target_link_options(${name} PRIVATE -no-pie -Wl,--gc-sections -Wl,-T,${ESB_DESCRIPTOR_SCRIPT})
  set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS ${ESB_DESCRIPTOR_SCRIPT})

  set(image ${CMAKE_CURRENT_BINARY_DIR}/${name}.img)
  add_custom_command(
    OUTPUT ${image}
    COMMAND ${CMAKE_STRIP} -s -o ${image}.stripped $<TARGET_FILE:${name}>
    COMMAND vchip-seal ${image}.stripped ${image}
    COMMAND ${CMAKE_COMMAND} -E rm ${image}.stripped
    DEPENDS ${name} vchip-seal
    COMMENT "Sealing firmware image ${name}.img"
    VERBATIM)
  add_custom_target(${name}_image ALL DEPENDS ${image})
  set_property(TARGET ${name} PROPERTY ESB_IMAGE ${image})
endfunction()
