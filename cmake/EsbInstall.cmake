# cmake --install: what an own project finds with find_package(EspSecureBase), the component for ESP-IDF as sources, and
# the tool. Component "dev" is the Debian package libesb-dev, "tool" is esb (EsbPackages.cmake). Nothing installed knows
# where it was built or where it lies.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(esb_package ${CMAKE_INSTALL_LIBDIR}/cmake/EspSecureBase)
set(esb_share ${CMAKE_INSTALL_DATADIR}/esb)

get_property(esb_rooms GLOBAL PROPERTY ESB_ROOMS)
install(TARGETS esb_options ${esb_rooms} esb_vchip esb_firmware_main EXPORT EspSecureBase
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(TARGETS vchip-seal EXPORT EspSecureBase RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/esb COMPONENT dev)
install(EXPORT EspSecureBase NAMESPACE esb:: FILE EspSecureBaseTargets.cmake DESTINATION ${esb_package} COMPONENT dev)

install(DIRECTORY src/esb DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
        FILES_MATCHING PATTERN "*.hpp" PATTERN "chip/esp32" EXCLUDE)
install(DIRECTORY host/vchip DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/esb-host/host COMPONENT dev
        FILES_MATCHING PATTERN "*.hpp" PATTERN "firmware" EXCLUDE PATTERN "tools" EXCLUDE)

configure_package_config_file(cmake/EspSecureBaseConfig.cmake.in EspSecureBaseConfig.cmake
  INSTALL_DESTINATION ${esb_package} PATH_VARS esb_share)
write_basic_package_version_file(EspSecureBaseConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/EspSecureBaseConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/EspSecureBaseConfigVersion.cmake
              cmake/EsbLibraries.cmake cmake/EsbFirmware.cmake cmake/EsbUpdateKey.cmake cmake/esb_descriptor.ld
        DESTINATION ${esb_package} COMPONENT dev)

# The component of ESP-IDF is sources, laid out as in the repository: its files and the examples find each other.
install(DIRECTORY src cmake esp-idf partitions web DESTINATION ${esb_share} COMPONENT dev)
install(DIRECTORY examples DESTINATION ${esb_share} COMPONENT dev PATTERN "update-key.pem*" EXCLUDE
        PATTERN "build" EXCLUDE PATTERN "sdkconfig" EXCLUDE PATTERN "sdkconfig.old" EXCLUDE)
install(FILES Kconfig LICENSE idf_component.yml DESTINATION ${esb_share} COMPONENT dev)
install(PROGRAMS tools/embed_web.py tools/ota_upload.py tools/web_manifest.py DESTINATION ${esb_share}/tools
        COMPONENT dev)

install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libesb-dev RENAME copyright COMPONENT dev)

if(TARGET esb)
  install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/esb RENAME copyright COMPONENT tool)
  install(TARGETS esb RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT tool)
  # The laboratory for tests, where Debian's pytest finds it and, by its entry point, loads it.
  set(laboratory lib/python3/dist-packages)
  set(about ${PROJECT_BINARY_DIR}/pytest_esb-${PROJECT_VERSION}.dist-info)
  file(WRITE ${about}/METADATA "Metadata-Version: 2.1\nName: pytest-esb\nVersion: ${PROJECT_VERSION}\n"
    "Summary: a laboratory for firmware on ESP32 Secure Base\nRequires-Dist: pytest\nRequires-Dist: pexpect\n")
  file(WRITE ${about}/entry_points.txt "[pytest11]\npytest_esb = pytest_esb\n")
  install(DIRECTORY tools/pytest_esb/pytest_esb DESTINATION ${laboratory} COMPONENT tool FILES_MATCHING PATTERN "*.py"
          PATTERN "__pycache__" EXCLUDE)
  install(DIRECTORY ${about} DESTINATION ${laboratory} COMPONENT tool)
  set(habits ${PROJECT_BINARY_DIR}/host/cli/habits)
  install(DIRECTORY ${habits}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tool)
  install(FILES ${habits}/esb DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT tool)
  install(FILES ${habits}/_esb DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT tool)
  install(FILES ${habits}/esb.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tool)
endif()
