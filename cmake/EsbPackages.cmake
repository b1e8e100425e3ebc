# Two Debian packages of the installed components. Targets: kit is all that is installed, packages makes the packages.
set(CPACK_PACKAGE_NAME esb)
set(CPACK_PACKAGE_VENDOR "ESP32 Secure Base")
set(CPACK_PACKAGE_CONTACT "ESP32 Secure Base <esb@localhost>")
set(CPACK_DEBIAN_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_COMPONENTS_ALL tool dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)

set(CPACK_DEBIAN_TOOL_PACKAGE_NAME esb)
set(CPACK_DEBIAN_TOOL_DESCRIPTION "operator's tool of ESP32 Secure Base, and its virtual chip
Keys, signed updates, broker accounts and the fleet from the command line; runs
firmware on a virtual chip with a laboratory around it.")
set(CPACK_DEBIAN_TOOL_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TOOL_PACKAGE_RECOMMENDS "libesb-dev, mosquitto, mosquitto-clients, nginx-light, python3-pytest, python3-pexpect, binutils, gdb-multiarch")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libesb-dev)
set(CPACK_DEBIAN_DEV_DESCRIPTION "secure base for ESP32 firmware: library and sources
The library for the virtual chip with its CMake package, the component for
ESP-IDF, partition tables and examples.")
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS ON)  # vchip-seal
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libmbedtls-dev, libhttp-parser-dev, libcjson-dev, pkg-config, cmake, g++")
set(CPACK_DEBIAN_DEV_PACKAGE_RECOMMENDS "esb, ninja-build | make")

# Only what is packed has to be built, by whoever calls cpack.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
include(CPack)

add_custom_target(kit DEPENDS ${esb_rooms} esb_vchip esb_firmware_main vchip-seal)
if(TARGET esb)
  add_dependencies(kit esb esb_habits)
endif()
add_custom_target(packages COMMAND ${CMAKE_CPACK_COMMAND} -G DEB DEPENDS kit USES_TERMINAL VERBATIM)
