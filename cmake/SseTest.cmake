# sse_test(NAME SOURCES ... LIBS ...): a doctest program tests/NAME registered with CTest as one
# test. sse_pytest(NAME FILE [LABELS ...] [ENVIRONMENT VAR=VALUE...]): a pytest file that drives the
# built programs. What hangs tells where: the case is named before it runs, and after a minute the
# stacks are shown.
find_package(doctest REQUIRED)
find_program(SSE_PYTHON NAMES python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

add_library(sse_doctest_main STATIC ${PROJECT_SOURCE_DIR}/tests/doctest_main.cpp)
target_link_libraries(sse_doctest_main PUBLIC doctest::doctest)

function(sse_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE sse_doctest_main sse_options ${ARG_LIBS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${name} PRIVATE SSE_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

function(sse_pytest name file)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;ENVIRONMENT" ${ARGN})
  add_test(NAME ${name} COMMAND ${SSE_PYTHON} -m pytest -v -p no:cacheprovider
    -o faulthandler_timeout=60
    ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set_tests_properties(${name} PROPERTIES
    ENVIRONMENT "SSE_BIN=${PROJECT_BINARY_DIR}/bin;SSE_SOURCE_DIR=${PROJECT_SOURCE_DIR};SSE_BUILD_DIR=${PROJECT_BINARY_DIR};PYTHONDONTWRITEBYTECODE=1;${ARG_ENVIRONMENT}"
    TIMEOUT 300)
  if(ARG_TIMEOUT)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  endif()
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()
