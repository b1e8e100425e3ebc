# The library as an ESP-IDF component. ESP-IDF reads this twice, the first time in script mode for the requirements
# only: idf_component_register() then returns.
get_filename_component(ESB_ROOT ${CMAKE_CURRENT_LIST_DIR}/.. ABSOLUTE)

include(${CMAKE_CURRENT_LIST_DIR}/EsbFeatures.cmake)
set(esb_left_out)
foreach(feature ${ESB_FEATURES})
  if(NOT CONFIG_ESB_${feature})  # the first time none is known yet, and no source is asked for
    list(APPEND esb_left_out ${feature})
  endif()
endforeach()
file(GLOB esb_core ${ESB_ROOT}/src/esb/*/*.cpp)
file(GLOB esb_port ${ESB_ROOT}/src/esb/chip/esp32/*.cpp)
esb_leave_out(esb_core ${esb_left_out})
esb_leave_out(esb_port ${esb_left_out})

# Each driver is a component of its own from 5.3 on; from 6.0 on "driver" has old ones alone, and cJSON comes from the
# component registry (idf_component.yml).
set(esb_needed driver json)
if(IDF_VERSION_MAJOR GREATER 5 OR IDF_VERSION_MINOR GREATER_EQUAL 3)
  set(esb_needed esp_driver_gpio esp_driver_i2c esp_driver_ledc esp_driver_uart esp_driver_usb_serial_jtag)
  if(IDF_VERSION_MAJOR EQUAL 5)
    list(APPEND esb_needed json)
  endif()
endif()
# What keeps NVS's keys. Nothing of ESP-IDF 5 asks for it, and a project with COMPONENTS of its own (as the examples') has what is
# asked for alone: without it Kconfig does not know NVS_SEC_*, and nvs_flash_init() fails where NVS_ENCRYPTION is on.
if(IDF_VERSION_MAJOR GREATER 5 OR IDF_VERSION_MINOR GREATER_EQUAL 2)
  list(APPEND esb_needed nvs_sec_provider)
endif()
if(IDF_VERSION_MAJOR GREATER 5 AND "$ENV{IDF_COMPONENT_MANAGER}" STREQUAL "0")
  list(APPEND esb_needed espressif__cjson)  # the project's own: the component manager would have asked for it
endif()

idf_component_register(
  SRCS ${esb_core} ${esb_port}
  INCLUDE_DIRS ${ESB_ROOT}/src
  PRIV_REQUIRES ${esb_needed} app_update bootloader_support efuse esp_adc espcoredump esp_eth esp_event esp_netif esp_partition esp_timer
                 esp_wifi http_parser lwip mbedtls nvs_flash wpa_supplicant
  KCONFIG ${ESB_ROOT}/Kconfig)

if(CONFIG_ESB_PORTAL)
  include(${CMAKE_CURRENT_LIST_DIR}/EsbPages.cmake)
  idf_build_get_property(python PYTHON)
  esb_embed_pages(${COMPONENT_LIB} ${python})
endif()
foreach(feature ${esb_left_out})
  target_compile_definitions(${COMPONENT_LIB} PUBLIC ESB_${feature}=0)
endforeach()
target_compile_options(${COMPONENT_LIB} PUBLIC $<$<COMPILE_LANGUAGE:CXX>:-std=gnu++23>)
target_compile_options(${COMPONENT_LIB} PRIVATE -Wextra -Wshadow)
# Not the port: inline functions of ESP-IDF's headers convert freely.
set_source_files_properties(${esb_core} PROPERTIES COMPILE_OPTIONS "-Wconversion;-Wnon-virtual-dtor")
# What the author's sources define and the linker would not look for by itself: the image descriptor, which only the
# update engine of another image reads, and esb_main().
target_link_libraries(${COMPONENT_LIB} INTERFACE "-u esb_image_descriptor" "-u _Z8esb_mainRN3esb6DeviceE")
