# esb_embed_pages(TARGET PYTHON): adds pages() of esb/portal/pages.hpp, made from web/, to a target. Both build worlds
# (Debian's CMake and ESP-IDF) use it.

function(esb_embed_pages target python)
  get_filename_component(root ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/.. ABSOLUTE)
  set(script ${root}/tools/embed_web.py)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/esb_pages.cpp)
  set(features)
  if(ESB_CERTIFICATES OR CONFIG_ESB_CERTIFICATES)
    list(APPEND features --with certificates)
  endif()
  if(ESB_WIFI_ENTERPRISE OR CONFIG_ESB_WIFI_ENTERPRISE)
    list(APPEND features --with enterprise)
  endif()
  file(GLOB files CONFIGURE_DEPENDS ${root}/web/*)
  add_custom_command(OUTPUT ${output}
    COMMAND ${python} ${script} ${root}/web ${output} ${features}
    DEPENDS ${script} ${files} COMMENT "Compressing the set-up page" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
