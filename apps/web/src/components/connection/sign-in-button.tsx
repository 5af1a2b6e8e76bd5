"use client";

import type { Connection } from "@mcp-assistant/mcp-redis/shared";
import { KeyRound } from "lucide-react";
import { Button } from "../ui/button";
import { useConnecting } from "./connecting";

interface SignInButtonProps {
  connection: Connection;
  children: string;
}

/** Opens the sign-in window of a connection that has an `authUrl`, within the click. */
export function SignInButton({ connection, children }: SignInButtonProps) {
  const { signIn } = useConnecting();
  return (
    <Button variant="primary" onClick={() => signIn(connection)}>
      <KeyRound aria-hidden="true" />
      {children}
    </Button>
  );
}
