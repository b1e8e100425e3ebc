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
esb_leave_out(esb_core ${esb_left_out})
file(GLOB esb_port ${ESB_ROOT}/src/esb/chip/esp32/*.cpp)

idf_component_register(
  SRCS ${esb_core} ${esb_port}
  INCLUDE_DIRS ${ESB_ROOT}/src
  PRIV_REQUIRES app_update bootloader_support driver efuse esp_event esp_netif esp_partition esp_timer esp_wifi
                http_parser json lwip mbedtls nvs_flash
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
