from entrypoints.courier.program import main

if __name__ == "__main__":
    main()
