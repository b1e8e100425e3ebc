# ESP-IDF reads this for the whole project: it gets esb_firmware().
include(${CMAKE_CURRENT_LIST_DIR}/cmake/EspIdfFirmware.cmake)
