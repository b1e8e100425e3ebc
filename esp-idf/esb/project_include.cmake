include(${CMAKE_CURRENT_LIST_DIR}/../../cmake/EspIdfFirmware.cmake)
