# Third-party libraries, each as one imported target owned by one layer (see lib/CMakeLists.txt).
# libsse itself needs none of them.
find_package(Threads REQUIRED)
if(SSE_BUILD_APPS OR SSE_BUILD_TESTS)
  find_package(PkgConfig REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(nlohmann_json 3.9 REQUIRED)
  find_package(fmt REQUIRED)
  find_package(tl-expected REQUIRED)
  find_package(CURL 7.80 REQUIRED)
  find_package(OpenSSL 3 REQUIRED)
  find_package(prometheus-cpp REQUIRED)
  pkg_check_modules(libuv REQUIRED IMPORTED_TARGET libuv>=1.40)
  pkg_check_modules(nghttp2 REQUIRED IMPORTED_TARGET libnghttp2>=1.48)
  pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
  pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis>=0.14)
  # Optional: Redis over TLS. Part of hiredis since 1.0, where the distribution builds it.
  pkg_check_modules(hiredis_ssl IMPORTED_TARGET hiredis_ssl>=1.0)
  include(SseLlhttp)
  # Optional: sends in batches.
  pkg_check_modules(liburing IMPORTED_TARGET liburing>=2.2)
endif()
