# Installs libsse as a package: find_package(sse) gives sse::sse, pkg-config knows it as `sse`.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sse)
install(TARGETS sse EXPORT sse-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT sse-targets NAMESPACE sse:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/lib/include/sse DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_BINARY_DIR}/include/sse/version.hpp
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/sse)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sse-config.cmake.in
  ${PROJECT_BINARY_DIR}/package/sse-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/sse-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/package/sse-config.cmake
  ${PROJECT_BINARY_DIR}/package/sse-config-version.cmake
  DESTINATION ${package_dir})

# From the folder of sse.pc to the prefix, so that an install tree may be moved.
file(RELATIVE_PATH prefix_from_pc
  /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/sse.pc.in ${PROJECT_BINARY_DIR}/package/sse.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/sse.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
