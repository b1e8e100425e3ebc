# Compiler settings and the functions that declare rooms and tests.
if(CMAKE_SYSTEM_NAME STREQUAL "Generic")
  include(${CMAKE_CURRENT_LIST_DIR}/EsbLibrariesBareMetal.cmake)
else()
  include(${CMAKE_CURRENT_LIST_DIR}/EsbLibraries.cmake)
endif()

add_library(esb_options INTERFACE)
add_library(esb::esb_options ALIAS esb_options)
target_compile_features(esb_options INTERFACE cxx_std_23)
# Our warnings are ours: neither installed nor for an own project that has this one as a part.
set(warnings)
if(PROJECT_IS_TOP_LEVEL)
  set(warnings -Wall -Wextra -Wconversion -Wshadow -Werror $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
  if(CMAKE_UNITY_BUILD)  # what is local to one file is no neighbor's business
    list(APPEND warnings -Wno-shadow $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endif()
target_compile_options(esb_options INTERFACE "$<BUILD_INTERFACE:${warnings}>" -ffunction-sections -fdata-sections)
set(ESB_LEFT_OUT)
foreach(feature ${ESB_FEATURES})
  if(NOT ESB_${feature})
    list(APPEND ESB_LEFT_OUT ${feature})
    target_compile_definitions(esb_options INTERFACE ESB_${feature}=0)
  endif()
endforeach()
if(ESB_SANITIZE)
  # No vptr check: tests have RTTI, the library has none.
  target_compile_options(esb_options INTERFACE -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer
    # Of what only a host runs (tests, virtual chip, tool) not those checks of each pointer that AddressSanitizer sees as well:
    # they take as long to compile as all the rest, and make firmware larger than a slot. The library has them. GCC's warning is
    # wrong about instrumented code at times (its manual says so); builds without sanitizers have it.
    "$<$<BOOL:$<TARGET_PROPERTY:ESB_ON_A_HOST>>:-fno-sanitize=null,alignment,pointer-overflow,object-size;-Wno-maybe-uninitialized>")
  target_link_options(esb_options INTERFACE -fsanitize=address,undefined)
endif()
if(ESB_COVERAGE)
  target_compile_options(esb_options INTERFACE --coverage)
  target_link_options(esb_options INTERFACE --coverage)
endif()
if(ESB_FUZZ)
  target_compile_options(esb_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all)
  target_link_options(esb_options INTERFACE -fsanitize=address,undefined)
endif()

# esb_room(NAME [DEPENDS room...] [EXTERNAL target...]): the static library esb_NAME from src/esb/NAME/*.cpp.
# The core's rules (no exceptions, no RTTI) are enforced here.
function(esb_room name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;EXTERNAL" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/esb/${name}/*.cpp)
  esb_leave_out(sources ${ESB_LEFT_OUT})
  list(TRANSFORM ARG_DEPENDS PREPEND esb_)
  if(sources)
    add_library(esb_${name} STATIC ${sources})
    set(alone ${sources})
    list(FILTER alone INCLUDE REGEX "/(wire_states|defaults|run_firmware)\\.cpp$")  # using enum of a whole file; what only firmware links
    set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    if(CMAKE_UNITY_BUILD)  # also in a project that has this one as a part
      target_compile_options(esb_${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
    endif()
    set(scope PUBLIC)
    target_compile_options(esb_${name} PRIVATE -fno-exceptions -fno-rtti)
  else()
    add_library(esb_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(esb::esb_${name} ALIAS esb_${name})
  target_include_directories(esb_${name} ${scope}
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:include>)
  target_link_libraries(esb_${name} ${scope} esb_options ${ARG_DEPENDS} ${ARG_EXTERNAL})
  set_property(GLOBAL APPEND PROPERTY ESB_ROOMS esb_${name})
endfunction()

set(ESB_TEST_PREFIX "" CACHE STRING "Stands before the names of this build's tests")
set(ESB_MODEL_STEPS 20000 CACHE STRING "Steps of each randomized model test")
option(ESB_FULL "End-to-end tests also run what takes long" OFF)
set(ESB_CUTS 1 CACHE STRING "Multiplies the seeds of the enumerated power cuts")

# esb_tests(NAME FOLDER [LIBRARIES...]): one GoogleTest program from FOLDER/*.cpp, registered test by test.
function(esb_tests name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  if(sources)
    esb_test_program(${name} ${sources} LIBRARIES ${ARGN})
  endif()
endfunction()

# esb_test_program(NAME FILES... LIBRARIES...): the same from these files.
function(esb_test_program name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE esb_test_rigs ${ARG_LIBRARIES} GTest::gtest_main GTest::gmock)
  set_target_properties(${name} PROPERTIES ESB_ON_A_HOST ON)
  if(ESB_SANITIZE)  # what a test says runs once: optimizing it takes longer than it saves
    target_compile_options(${name} PRIVATE -O0)
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${ESB_TEST_PREFIX}" DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 600 ENVIRONMENT "ESB_MODEL_STEPS=${ESB_MODEL_STEPS}"
               ENVIRONMENT_MODIFICATION "ESB_CUTS=set:${ESB_CUTS}")  # a list of two would be torn apart on the way
endfunction()

# esb_fuzz(NAME LIBRARIES...): tests/fuzz/NAME.cpp as a libFuzzer program fuzz_NAME; seeds in corpus/NAME.
function(esb_fuzz name)
  add_executable(fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/${name}.cpp)
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(fuzz_${name} PRIVATE ${ARGN})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(fuzz_${name} PROPERTIES UNITY_BUILD OFF)
endfunction()
